/** Tokens come back: whole, in pieces, in JSON. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { DETECTORS } from "#dlp/catalogue.ts";
import { compileDlp } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import { openRestore, openVault } from "#dlp/vault.ts";

import { anySplit, everything, pieces } from "../support/dlp-texts.ts";

const WHERE = { direction: "prompt", channel: "user" } as const;
const TOKENIZE = everything(["tokenize"]);

describe("the vault", () => {
  it("restores exactly what was tokenized, for any text and any split", () => {
    const all = compileDlp(
      TOKENIZE.rules.filter((rule) => rule.mode === "enforce" && rule.action === "tokenize"),
    );
    fc.assert(
      fc.property(anySplit(), ({ text, sizes }) => {
        const vault = openVault();
        const safe = redactText(all, text, WHERE, vault).text;
        expect(vault.restore(safe)).toBe(text);
        const restorer = openRestore(vault);
        const parts = pieces(safe, sizes).map((part) => restorer.push(part));
        expect(parts.join("") + restorer.end()).toBe(text);
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  it("gives one original one placeholder, and different originals different ones", () => {
    const vault = openVault();
    const first = vault.placeholder("email", "a@b.org");
    expect(vault.placeholder("email", "a@b.org")).toBe(first);
    expect(vault.placeholder("email", "c@d.org")).not.toBe(first);
    expect(vault.lookup(first)).toBe("a@b.org");
  });

  it("does not take the twelfth placeholder for the first", () => {
    const vault = openVault();
    const all = Array.from({ length: 12 }, (_, i) => vault.placeholder("email", `u${i}@x.org`));
    expect(vault.restore(all.join(" "))).toBe(all.map((_, i) => `u${i}@x.org`).join(" "));
  });

  it("escapes originals inside JSON, also when the placeholder is split", () => {
    const vault = openVault();
    const placeholder = vault.placeholder("private-key", 'line "one"\nline\\two');
    const json = JSON.stringify({ key: placeholder });
    const restorer = openRestore(vault, true);
    const out =
      json
        .split("")
        .map((character) => restorer.push(character))
        .join("") + restorer.end();
    expect(JSON.parse(out)).toEqual({ key: 'line "one"\nline\\two' });
  });

  it("names what lasts by what it is told, and numbers the rest, and restores both in pieces", () => {
    const vault = openVault((detector) => (detector === "email" ? "bcdfghjklm" : "nnnnnnnnnn"));
    const lasting = vault.placeholder("email", "a@b.org", true);
    expect(lasting).toBe("[TOKEN:email:bcdfghjklm]");
    const text = `${lasting} and ${vault.placeholder("us-ssn", "536-22-8145")}`;
    for (const size of [1, 2, 5]) {
      const restorer = openRestore(vault);
      const parts = pieces(text, [size]).map((part) => restorer.push(part));
      expect(parts.join("") + restorer.end()).toBe("a@b.org and 536-22-8145");
    }
  });

  it("gives two originals of one name different placeholders all the same", () => {
    const vault = openVault(() => "bcdfghjklm");
    const both = [
      vault.placeholder("email", "a@b.org", true),
      vault.placeholder("email", "c@d.org", true),
    ];
    expect(vault.restore(both.join(" "))).toBe("a@b.org c@d.org");
  });

  it("gives placeholders in which no detector finds anything", () => {
    const vault = openVault(() => "zxwvtsrqpn");
    const all = everything(["redact"]);
    for (const { id } of DETECTORS) {
      for (let i = 0; i < 12; i += 1) vault.placeholder(id, String(i));
      for (const placeholder of [vault.placeholder(id, "x", true), vault.placeholder(id, "11")]) {
        const text = `see ${placeholder}.`;
        expect(redactText(all, text, { ...WHERE, direction: "answer" }).text).toBe(text);
      }
    }
  });

  it("leaves placeholders of others alone", () => {
    expect(openVault().restore("[TOKEN:email:1]")).toBe("[TOKEN:email:1]");
  });
});
