/** What happens to a match: placeholders, masks, tokens, monitor mode, overlaps, JSON safety. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compileDlp } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import type { DlpRule } from "#dlp/rule.ts";
import { scanText } from "#dlp/scan.ts";
import { openVault } from "#dlp/vault.ts";

import { anyText, everything } from "../support/dlp-texts.ts";

const WHERE = { direction: "prompt", channel: "user" } as const;

/** How many characters of a text a JSON string must escape. */
function special(text: string): number {
  return text.split("").filter((unit) => unit < " " || unit === '"' || unit === "\\").length;
}

function rule(id: string, detector: string, more: Partial<DlpRule> = {}): DlpRule {
  return { id, detector, directions: ["prompt"], action: "redact", mode: "enforce", ...more };
}

describe("redaction", () => {
  it("puts the detector's name in place of a match and reports lengths, never text", () => {
    const program = compileDlp([rule("mail", "email")]);
    const { text, findings } = redactText(program, "to a@b.org and carol@example.com", WHERE);
    expect(text).toBe("to [REDACTED:email] and [REDACTED:email]");
    expect(findings).toEqual([
      {
        rule: "mail",
        detector: "email",
        action: "redact",
        enforced: true,
        ...WHERE,
        count: 2,
        lengths: [7, 17],
      },
    ]);
  });

  it("masks all but the last four", () => {
    const program = compileDlp([rule("cards", "credit-cards", { action: "mask" })]);
    expect(redactText(program, "4111 1111 1111 1111", WHERE).text).toBe("**** **** **** 1111");
  });

  it("reports in monitor mode and changes nothing", () => {
    const program = compileDlp([rule("mail", "email", { mode: "monitor", action: "block" })]);
    const { text, findings, blockedBy } = redactText(program, "to a@b.org", WHERE);
    expect(text).toBe("to a@b.org");
    expect(blockedBy).toBeUndefined();
    expect(findings).toMatchObject([{ enforced: false, count: 1 }]);
  });

  it("ends a blocked text where the match begins and names the rule", () => {
    const program = compileDlp([
      rule("no-cards", "payment-card", { action: "block" }),
      rule("mail", "email"),
    ]);
    const out = redactText(program, "a@b.org 4111111111111111 c@d.org", WHERE);
    expect(out.blockedBy).toBe("no-cards");
    expect(out.text).toBe("[REDACTED:email] ");
  });

  it("lets the strongest action win an overlap, then the longest match", () => {
    const text = "postgres://app:s3cretPassw0rd@db.example.com/prod";
    const longest = compileDlp([rule("a", "email"), rule("b", "connection-string")]);
    expect(scanText(longest, text, WHERE)).toMatchObject([
      { rule: "b", start: 0, end: text.length },
    ]);
    const strongest = compileDlp([
      rule("a", "email", { action: "tokenize" }),
      rule("b", "connection-string"),
    ]);
    expect(scanText(strongest, text, WHERE).map((match) => match.rule)).toContain("a");
  });

  it("leaves no part of a loser in clear when another rule wins an overlap", () => {
    const text = "postgres://app:s3cretPassw0rd@db.example.com/prod";
    const program = compileDlp([
      rule("a", "email", { action: "tokenize" }),
      rule("b", "connection-string"),
    ]);
    expect(redactText(program, text, WHERE).text).not.toMatch(/postgres|prod/);
  });

  it("keeps to the rule's threshold, direction and channels", () => {
    const text = "12-3456789 and EIN 12-3456789";
    const count = (more: Partial<DlpRule>) =>
      scanText(compileDlp([rule("x", "us-ein", more)]), text, WHERE).length;
    expect(count({})).toBe(1);
    expect(count({ threshold: 0.2 })).toBe(2);
    expect(count({ threshold: 1 })).toBe(0);
    expect(count({ channels: ["system"] })).toBe(0);
    expect(count({ directions: ["answer"] })).toBe(0);
    expect(count({ action: "off" })).toBe(0);
  });

  it("never brings a quote, backslash or control character that the text did not have", () => {
    const program = everything(["redact", "mask", "tokenize"]);
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(special(redactText(program, text, WHERE, openVault()).text)).toBeLessThanOrEqual(
          special(text),
        );
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it("gives the same text back when nothing matched", () => {
    const text = "Nothing to see here, in 2024 or later.";
    expect(redactText(everything(), text, WHERE)).toEqual({ text, findings: [] });
  });

  it("finds what is percent-encoded, full-width, split by invisible characters or in base64", () => {
    const program = everything(["redact"]);
    const hidden = [
      "alice%40example.com",
      "&#97;lice&commat;example.com",
      "ali\u200bce@exam\u00adple.com",
      "４１１１ １１１１ １１１１ １１１１",
      btoa("reach me: alice@example.com please"),
    ];
    for (const text of hidden) {
      expect(redactText(program, `see ${text} ok`, WHERE).text).toMatch(
        /^see \[REDACTED:[a-z-]+\] ok$/,
      );
    }
  });
});
