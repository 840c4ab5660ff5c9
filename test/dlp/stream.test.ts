/** For any text and any split, the pieces add up to the redaction of the whole. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { BATCH_CHARS, EAGER_CHARS } from "#dlp/limits.ts";
import { compileDlp } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import type { Finding } from "#dlp/rule.ts";
import { openStream } from "#dlp/stream.ts";
import { openVault } from "#dlp/vault.ts";

import { EXAMPLES } from "./detectors/examples.ts";
import { SECRET_EXAMPLES } from "./detectors/secrets-examples.ts";
import { anySplit, everything, pieces } from "../support/dlp-texts.ts";

const WHERE = { direction: "answer", channel: "assistant" } as const;
const ALL = everything();
const RUNS = { numRuns: 400, seed: 20261121 };

function streamed(program: typeof ALL, parts: readonly string[]) {
  const stream = openStream(program, WHERE, openVault());
  const steps = [...parts.map((part) => stream.push(part)), stream.end()];
  return { text: steps.map((step) => step.text).join(""), steps };
}

/** Findings added up by rule and detector, as steps report them one after the other. */
function totals(findings: readonly Finding[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { rule, detector, count } of findings) {
    const key = `${rule} ${detector}`;
    sums[key] = (sums[key] ?? 0) + count;
  }
  return sums;
}

describe("streamed redaction", () => {
  it("equals the redaction of the whole, for any split, with every action", () => {
    fc.assert(
      fc.property(anySplit(), ({ text, sizes }) => {
        const whole = redactText(ALL, text, WHERE, openVault());
        for (const parts of [pieces(text, sizes), [...pieces(text, [1])]]) {
          const { text: out, steps } = streamed(ALL, parts);
          expect(out).toBe(whole.text);
          expect(totals(steps.flatMap((step) => step.findings))).toEqual(totals(whole.findings));
        }
      }),
      RUNS,
    );
  });

  it("ends where a block begins, for any split, and says which rule", () => {
    const blocking = everything(["redact", "block", "mask"]);
    fc.assert(
      fc.property(anySplit(), ({ text, sizes }) => {
        const whole = redactText(blocking, text, WHERE);
        const { text: out, steps } = streamed(blocking, pieces(text, sizes));
        expect(out).toBe(whole.text);
        expect(steps.map((step) => step.blockedBy).find(Boolean)).toBe(whole.blockedBy);
      }),
      RUNS,
    );
  });

  it("lets no prefix of a secret leave early", () => {
    const secrets = [
      "sk-proj-abcDEF1234567890ghijKLMNOP",
      "4111 1111 1111 1111",
      "alice@example.com",
    ];
    for (const secret of secrets) {
      const stream = openStream(ALL, WHERE, openVault());
      let out = "";
      for (const character of `see ${secret}`) out += stream.push(character).text;
      expect("see ".startsWith(out.slice(0, 4))).toBe(true);
      expect(out.length).toBeLessThanOrEqual(4);
    }
  });

  it("swallows a key of any length without holding more than its bound", () => {
    const body = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3ODkw".repeat(60);
    const lines = Array.from({ length: 12 }, () => body).join("\n");
    const text = `key -----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY----- done, thanks`;
    const program = compileDlp([
      {
        id: "keys",
        detector: "private-key",
        directions: ["answer"],
        action: "redact",
        mode: "enforce",
      },
    ]);
    const whole = redactText(program, text, WHERE).text;
    expect(whole).not.toContain("QUJDREVG");
    const { text: out } = streamed(program, pieces(text, [700]));
    expect(out).toBe(whole);
  });

  it("shows the first words at once, and later ones a few dozen characters at a time", () => {
    const words = "the quick brown fox jumps over a lazy dog and then it sleeps. ".repeat(40);
    const { steps } = streamed(ALL, pieces(words, [1]));
    const shown = steps.map((step) => step.text);
    const early = shown.slice(0, EAGER_CHARS).filter((text) => text !== "");
    expect(early.length).toBeGreaterThan(40);
    expect(Math.max(...early.map((text) => text.length))).toBeLessThan(10);
    const late = shown.slice(EAGER_CHARS + BATCH_CHARS).filter((text) => text !== "");
    expect(late.length).toBeLessThanOrEqual(words.length / BATCH_CHARS);
    expect(Math.max(...late.map((text) => text.length))).toBeLessThan(2 * BATCH_CHARS);
  });

  it("equals the redaction of the whole for every split in two, and character by character", () => {
    const hits = Object.values({ ...EXAMPLES, ...SECRET_EXAMPLES }).flatMap((example) =>
      example.hits.slice(0, 1).map((hit) => hit.replaceAll(/[«»]/g, "")),
    );
    for (const text of hits.filter((hit) => hit.length < 200)) {
      const whole = redactText(ALL, text, WHERE, openVault()).text;
      for (let at = 1; at < text.length; at += 1) {
        const parts = [text.slice(0, at), text.slice(at)];
        expect([text, at, streamed(ALL, parts).text]).toEqual([text, at, whole]);
      }
      expect([text, streamed(ALL, text.split("")).text]).toEqual([text, whole]);
    }
  });

  it("passes text on at once where no rule watches", () => {
    const program = compileDlp([
      { id: "in", detector: "email", directions: ["prompt"], action: "redact", mode: "enforce" },
    ]);
    expect(program.watches("answer")).toBe(false);
    expect(openStream(program, WHERE).push("alice@exam")).toEqual({
      text: "alice@exam",
      findings: [],
    });
  });
});
