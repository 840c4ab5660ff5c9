/** Names of assignments, in snake case. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FOLD } from "#dlp/kit/chars.ts";
import { namesService } from "#dlp/kit/services.ts";
import { Spelled } from "#dlp/kit/spelled.ts";

const name = new Spelled();

function spelled(written: string, from = 0, to = written.length): string {
  const codes = Uint8Array.from(written, (sign) => FOLD[sign.charCodeAt(0)] ?? 0);
  name.spell(written, codes, from, to);
  return name.slice();
}

function service(written: string): boolean {
  spelled(written);
  return namesService(name);
}

describe("a name", () => {
  it("is spelled in snake case, a capital beginning a word between small letters alone", () => {
    const signs = fc.string({ unit: fc.constantFrom(..."abzABZ09_-.".split("")), maxLength: 24 });
    fc.assert(
      fc.property(signs, (written) => {
        const humps = written.replaceAll(/(?<=[a-z0-9])[A-Z](?=[a-z])/g, "_$&");
        expect(spelled(written)).toBe(humps.toLowerCase());
      }),
      { seed: 20261122 },
    );
  });

  it("is spelled without the signs of its letters", () => {
    expect(spelled("Contraseña")).toBe("contrasena");
    expect(spelled("dbHasłoŁ")).toBe("dbhaslol");
    expect(spelled("пароль")).toBe("пароль");
  });

  it("is read from its place alone, whatever was spelled before it", () => {
    expect(spelled("xxKeyIdxx", 2, 6)).toBe("keyi");
    expect(spelled("xaBc", 1, 3)).toBe("ab");
    spelled("contraseñaDeTodos");
    expect(spelled("xxKeyIdxx", 2, 7)).toBe("key_id");
    expect([name.is("key_id"), name.is("key_i"), name.has("id", 4)]).toEqual([true, false, true]);
    expect(name.has("id", 5)).toBe(false);
    spelled("key");
    expect(name.has("key_i", 0)).toBe(false);
  });

  it("is one of a service when it begins with its name and a sign, or is no more than it", () => {
    for (const written of [
      "twitter",
      "okta_token",
      "live__key",
      "new_relic",
      "bundle_enterprise-x",
    ])
      expect([written, service(written)]).toEqual([written, true]);
    for (const written of [
      "twitt",
      "oktatoken",
      "_twitter",
      "bundle_enterpris",
      "twitterx.y",
      "twidi_x",
      "",
    ])
      expect([written, service(written)]).toEqual([written, false]);
  });
});
