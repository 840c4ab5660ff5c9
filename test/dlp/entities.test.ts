/** Spans of a service beside the program: resolved with its own matches, or not believed at all. */
import { describe, expect, it } from "vitest";
import { readSpans } from "#dlp/entities.ts";
import { checkRules, compileDlp } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import type { DlpRule } from "#dlp/rule.ts";
import { openVault } from "#dlp/vault.ts";

const where = { direction: "prompt", channel: "user" } as const;
const names = (more: Partial<DlpRule> = {}): DlpRule => ({
  id: "names",
  entity: "person",
  directions: ["prompt"],
  action: "redact",
  mode: "enforce",
  ...more,
});
const mail: DlpRule = {
  id: "mail",
  detector: "email",
  directions: ["prompt"],
  action: "redact",
  mode: "enforce",
};
const text = "Ask Jane Roe at jane.roe@acme-widgets.io today.";
const span = (words: string, score = 0.9, type = "person") => {
  const start = text.indexOf(words);
  return { type, start, end: start + words.length, score };
};
const redacted = (rules: DlpRule[], ...spans: ReturnType<typeof span>[]) =>
  redactText(compileDlp(rules), text, where, openVault(), spans);

describe("a span of the service", () => {
  it("is hidden beside what a detector finds, and findings name its type alone", () => {
    const { text: left, findings } = redacted([names(), mail], span("Jane Roe"));
    expect(left).toBe("Ask [REDACTED:entity-person] at [REDACTED:email] today.");
    expect(findings).toContainEqual({
      rule: "names",
      detector: "entity:person",
      action: "redact",
      enforced: true,
      ...where,
      count: 1,
      lengths: [8],
    });
    expect(JSON.stringify(findings)).not.toContain("Jane");
  });

  it("that overlaps a detector's match leaves nothing of either", () => {
    const all = redacted([names(), mail], span("Jane Roe at jane.roe"));
    expect(all.text).not.toMatch(/Jane|jane|acme/);
    const inside = redacted([names(), mail], span("jane.roe"));
    expect(inside.text).toBe("Ask Jane Roe at [REDACTED:email] today.");
  });

  it("under the threshold, or of a type that no rule names, changes nothing", () => {
    expect(redacted([names()], span("Jane Roe", 0.4)).text).toBe(text);
    expect(redacted([names()], span("Jane Roe", 0.9, "address")).text).toBe(text);
    expect(redacted([names({ threshold: 0.3 })], span("Jane Roe", 0.4)).text).not.toBe(text);
  });

  it("is watched, blocked and brought back as any match", () => {
    expect(redacted([names({ action: "block" })], span("Jane Roe")).blockedBy).toBe("names");
    const watched = redacted([names({ mode: "monitor" })], span("Jane Roe"));
    expect(watched).toMatchObject({ text, findings: [{ count: 1, enforced: false }] });
    const vault = openVault();
    const program = compileDlp([names({ action: "tokenize" })]);
    const told = redactText(program, text, where, vault, [span("Jane Roe")]);
    expect(told.text).toContain("[TOKEN:entity-person:1]");
    expect(vault.restore(told.text)).toBe(text);
  });
});

const one = (start: unknown, end: unknown, score: unknown = 1): object => ({
  spans: [[{ type: "person", start, end, score }]],
});

describe("an answer of the service", () => {
  it("is read as the spans of each text, in order", () => {
    expect(readSpans(one(0, 4), ["Jane"])).toEqual([
      [{ type: "person", start: 0, end: 4, score: 1 }],
    ]);
    expect(readSpans({ spans: [[], []] }, ["a", "b"])).toEqual([[], []]);
  });

  it.each([
    ["past the end", one(0, 5)],
    ["before the start", one(-1, 2)],
    ["empty", one(2, 2)],
    ["backwards", one(3, 1)],
    ["between two units", one(0.5, 2)],
    ["no number", one("0", 2)],
    ["too sure", one(0, 2, 1.1)],
    ["of another text", { spans: [[], []] }],
    ["missing", {}],
    ["nothing", undefined],
  ])("with an offset that is %s is not believed", (_name, answer) => {
    expect(readSpans(answer, ["Jane"])).toBeNull();
  });

  it("that parts a character is not believed: it counts otherwise", () => {
    expect(readSpans(one(0, 1), ["😀 Jane"])).toBeNull();
    expect(readSpans(one(0, 2), ["😀 Jane"])).not.toBeNull();
  });
});

it("a rule with `entity` on answers is refused", () => {
  expect(checkRules([names()])).toEqual([]);
  expect(checkRules([names({ directions: ["prompt", "answer"] })])).toMatchObject([
    { path: "rules.0.directions" },
  ]);
  expect(checkRules([names({ detector: "email" })])).toMatchObject([{ path: "rules.0" }]);
});
