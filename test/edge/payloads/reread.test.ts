/** Kept texts under a draft's rules: exactly what is new, whatever form they were kept in. */
import { describe, expect, test } from "vitest";
import { compileDlp } from "#dlp/program.ts";
import type { DlpRule } from "#dlp/rule.ts";
import type { KeptPayload } from "#edge/payloads/keep-payload.ts";
import { rereadPayload } from "#edge/payloads/reread.ts";
import type { FindingData } from "#events/user-events.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";

const word = (id: string, action: DlpRule["action"], more: Partial<DlpRule> = {}): DlpRule => ({
  id,
  dictionary: ["bluebird"],
  directions: ["prompt", "answer"],
  action,
  mode: "enforce",
  ...more,
});

const promptOf = (text: string) =>
  JSON.stringify({ model: "m", messages: [{ role: "user", content: text }] });
const wholeOf = (text: string) =>
  JSON.stringify({ choices: [{ index: 0, message: { role: "assistant", content: text } }] });
const streamOf = (...parts: string[]) =>
  [
    ...parts.map((content) => JSON.stringify({ choices: [{ index: 0, delta: { content } }] })),
    JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
    "[DONE]",
  ]
    .map((data) => `data: ${data}\n\n`)
    .join("");

function reread(
  rules: DlpRule[],
  kept: Partial<Pick<KeptPayload, "prompt" | "answer">>,
  entry: Partial<AuditEntry> = {},
) {
  const about = { dialect: "openai-chat", findings: [], outcome: "completed", ...entry };
  const payload = { prompt: promptOf("hello"), answer: { wire: wholeOf("hello") }, ...kept };
  return rereadPayload(compileDlp(rules), about as unknown as AuditEntry, {
    v: 1,
    requestId: "r",
    mode: "full",
    ...payload,
  });
}

const found = (more: Partial<FindingData>): FindingData => ({
  rule: "mails",
  detector: "email",
  action: "redact",
  enforced: true,
  direction: "prompt",
  channel: "user",
  count: 1,
  lengths: [9],
  ...more,
});

const mails = (action: DlpRule["action"]): DlpRule => ({
  id: "other",
  detector: "email",
  directions: ["prompt"],
  action,
  mode: "enforce",
});

const nothing = { hides: [] };

describe("a kept text", () => {
  test.each([
    ["block", { by: "w", hides: [] }],
    ["redact", { hides: ["w"] }],
    ["warn", nothing],
    ["off", nothing],
  ] as const)("in which a rule that would %s finds something is told by its rule", (action, is) => {
    const prompt = promptOf("see the bluebird");
    expect(reread([word("w", action)], { prompt })).toEqual({ prompt: is, answer: nothing });
    expect(reread([word("w", action, { mode: "monitor" })], { prompt })?.prompt).toEqual(nothing);
    expect(reread([word("w", action, { directions: ["answer"] })], { prompt })?.prompt).toEqual(
      nothing,
    );
  });

  test("of an answer is found whole, in a stream cut anywhere, and as texts by channel", () => {
    const rules = [word("w", "block")];
    const is = { prompt: nothing, answer: { by: "w", hides: [] } };
    expect(reread(rules, { answer: { wire: wholeOf("a bluebird") } })).toEqual(is);
    const wire = streamOf("a blu", "ebi", "rd.");
    expect(reread(rules, { answer: { wire } }, { streaming: true })).toEqual(is);
    const texts = [{ channel: "assistant", text: "a bluebird" }];
    expect(reread(rules, { answer: { texts } })).toEqual(is);
    // One that was blocked at the time is no news.
    expect(reread(rules, { answer: { texts } }, { outcome: "blocked" })?.answer).toEqual(nothing);
  });

  test("that texts cannot be taken from is told apart from a clean one", () => {
    const rules = [word("w", "block")];
    expect(reread(rules, { prompt: promptOf("cut off").slice(0, 20) })).toBeUndefined();
    const answerOf = (answer: KeptPayload["answer"], entry: Partial<AuditEntry> = {}) =>
      reread(rules, { answer }, entry)?.answer;
    expect(answerOf({ wire: '{"words":"a bluebird"}' })).toBeUndefined();
    expect(answerOf({ wire: "a bluebird" }, { streaming: true })).toBeUndefined();
    expect(answerOf({ wire: "" })).toBeUndefined();
    expect(answerOf({ texts: [] }, { cache: "hit" })).toBeUndefined();
    expect(answerOf({ wire: "" }, { outcome: "failed" })).toEqual(nothing);
    expect(answerOf({ wire: '{"data":[{"embedding":[1]}]}' })).toEqual(nothing);
  });
});

describe("what was found at the time", () => {
  test("and hidden, is blocked by a rule for the same detector, and hidden by one is no news", () => {
    const findings = [found({})];
    expect(reread([mails("block")], {}, { findings })?.prompt).toEqual({ by: "other", hides: [] });
    expect(reread([mails("mask")], {}, { findings })?.prompt).toEqual(nothing);
    const elsewhere = [found({ channel: "system" })];
    const users = { ...mails("block"), channels: ["user"] as const };
    expect(reread([users], {}, { findings: elsewhere })?.prompt).toEqual(nothing);
  });

  test("and only watched, is hidden by a rule that hides it, though the kept text has it no more", () => {
    const findings = [found({ action: "warn" })];
    expect(reread([mails("redact")], {}, { findings })?.prompt).toEqual({ hides: ["other"] });
    expect(reread([mails("warn")], {}, { findings })?.prompt).toEqual(nothing);
  });
});
