import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatKey, hashSecret, KEY_BYTES, makeKey, parseKey } from "#policy/api-key.ts";

const organisation = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/);
const random = fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES });

describe("an API key", () => {
  it("reads back as it was made, for any organisation and any randomness", () => {
    fc.assert(
      fc.property(organisation, random, (name, bytes) => {
        const key = makeKey(name, bytes);
        expect(parseKey(formatKey(key))).toEqual(key);
      }),
      { numRuns: 200 },
    );
  });

  it("uses five bits of every random byte", () => {
    const secrets = new Set<string>();
    for (let byte = 0; byte < 32; byte += 1) {
      secrets.add(makeKey("a", new Uint8Array(KEY_BYTES).fill(byte)).secret);
    }
    expect(secrets.size).toBe(32);
  });

  it("with anything amiss is none of ours", () => {
    const text = formatKey(makeKey("acme", new Uint8Array(KEY_BYTES).fill(7)));
    expect(parseKey(text)).toBeDefined();
    const broken = [
      text.slice(0, -1),
      `${text}a`,
      `${text}_x`,
      text.replace("tg_", "sk_"),
      text.replace("acme", "Acme"),
      text.replace("acme", ""),
      text.replace("acme", "-acme"),
      text.slice(0, -1) + "l",
      "",
      "tg_".repeat(10_000),
    ];
    expect(broken.filter((key) => parseKey(key) !== undefined)).toEqual([]);
  });

  it("is kept as the SHA-256 of its secret", () => {
    expect(hashSecret("abc")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });
});
