/** An answer beside, under the draft in the shadow: the same however it comes, and felt by nobody. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compileDlp, type DlpProgram } from "#dlp/program.ts";
import type { DlpRule } from "#dlp/rule.ts";
import { shadowCharsMax } from "#edge/limits.ts";
import { openShadowAnswer, ShadowAnswer } from "#edge/pipeline/shadow-answer.ts";
import type { LivePolicy } from "#edge/policy-cache.ts";
import type { TextSlot } from "#providers/types.ts";

const ruleOf = (id: string, word: string, action: DlpRule["action"]): DlpRule => ({
  id,
  dictionary: [word],
  directions: ["answer"],
  action,
  mode: "enforce",
});
const program = compileDlp([
  ruleOf("birds", "bluebird", "redact"),
  ruleOf("stop", "halt", "block"),
]);

const slot = (text: string): TextSlot => ({ channel: "assistant", text, replace: () => {} });
const redacted = { rule: "birds", action: "redact", enforced: true, count: 2 };

const plan = (): never => {
  throw new Error("broken");
};
const live = (dlp: DlpProgram, draft?: DlpProgram): LivePolicy =>
  ({ dlp, ...(draft && { shadow: { draft: 3, policy: { dlp: draft } } }) }) as LivePolicy;

test("says the same of a text whole and cut anywhere", () => {
  const text = "a bluebird sees a bluebird, no more";
  const whole = new ShadowAnswer(3, program);
  whole.whole([slot(text)]);
  expect(whole.end()).toEqual({ draft: 3, findings: [redacted] });
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 5 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const answer = new ShadowAnswer(3, program);
      for (const [n, from] of places.entries())
        answer.push("0", "assistant", text.slice(from, places[n + 1]));
      expect(answer.end()).toEqual({ draft: 3, findings: [redacted] });
    }),
    { seed: 22, numRuns: 50 },
  );
});

test("names the rule that blocks, and reads no further", () => {
  const answer = new ShadowAnswer(3, program);
  answer.push("0", "assistant", "halt. ");
  answer.push("0", "assistant", "a bluebird. ");
  expect(answer.end()).toMatchObject({ draft: 3, by: "stop", findings: [{ rule: "stop" }] });
});

test("says so where it is too long, nobody looks into it, or the draft cannot read it", () => {
  const long = new ShadowAnswer(3, program);
  for (let chars = 0; chars <= shadowCharsMax; chars += 1_000) {
    long.push("0", "assistant", "x".repeat(1_000));
  }
  expect(long.end()).toEqual({ draft: 3, undecided: "too_large" });
  const unseen = new ShadowAnswer(3, program);
  unseen.unseen();
  expect(unseen.end()).toEqual({ draft: 3, undecided: "unseen" });
  const broken = new ShadowAnswer(3, { ...program, plan });
  broken.whole([slot("text")]);
  broken.push("0", "assistant", "text");
  expect(broken.end()).toEqual({ draft: 3, undecided: "failed" });
});

test("is not made without a draft, nor where neither looks at answers", () => {
  const none = compileDlp([]);
  expect(openShadowAnswer(live(program))).toBeUndefined();
  expect(openShadowAnswer(live(none, none))).toBeUndefined();
  // A draft without the rules of today lets more pass: that is told, too.
  const freed = openShadowAnswer(live(program, none));
  freed?.whole([slot("a bluebird")]);
  expect(freed?.end()).toEqual({ draft: 3 });
  expect(openShadowAnswer(live(none, program))?.end()).toBeUndefined();
});
