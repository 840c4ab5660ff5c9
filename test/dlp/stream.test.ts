/** For any text and any split, the pieces add up to the redaction of the whole. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compileDlp } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import type { Finding } from "#dlp/rule.ts";
import { openStream } from "#dlp/stream.ts";
import { openVault } from "#dlp/vault.ts";

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
