/** What a draft in the shadow would change: each class of difference, and sums that add up. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import type { ShadowAnswerData, ShadowData } from "#events/shadow-events.ts";
import { compareAnswer, compareShadow, shadow, shadowTable } from "#projections/shadow.ts";
import { describeProjection, MemoryViews } from "../support/describe-projection.ts";
import {
  admitted,
  MORNING,
  refused,
  requestId,
  SampleStream,
  settlement,
} from "../support/sample-events.ts";

const finding = (rule: string, action: "redact" | "warn" | "block") => ({
  rule,
  action,
  enforced: true,
  count: 1,
});
const live = (rule: string) => ({
  ...finding(rule, "redact"),
  detector: "d",
  direction: "prompt" as const,
  channel: "user",
  lengths: [3],
});
const chain = [{ provider: "openai", model: "m" }];
const same = { draft: 9, admits: true, first: { provider: "openai", model: "m" } };

const pass = admitted({ chain });
const hidden = admitted({ chain, findings: [live("mail")] });
const turned = refused({ code: "rate_limited", by: "rpm" });

test.each<[string, ReturnType<typeof admitted>, ShadowData, object[]]>([
  ["the same", pass, same, []],
  [
    "blocked",
    pass,
    { draft: 9, admits: false, code: "dlp_blocked", by: "mail" },
    [{ class: "newlyBlocked", rules: ["mail"] }],
  ],
  [
    "limited",
    pass,
    { draft: 9, admits: false, code: "budget_exceeded", by: "eur" },
    [{ class: "newlyLimited", rules: ["eur"] }],
  ],
  [
    "refused",
    pass,
    { draft: 9, admits: false, code: "model_not_allowed" },
    [{ class: "newlyRefused", rules: ["model_not_allowed"] }],
  ],
  [
    "served cheaper",
    pass,
    { draft: 9, admits: false, code: "budget_downgrade", by: "eur" },
    [{ class: "rerouted", rules: ["eur"] }],
  ],
  ["allowed", turned, same, [{ class: "newlyAllowed", rules: ["rpm"] }]],
  ["refused both ways", turned, { draft: 9, admits: false, code: "dlp_blocked", by: "mail" }, []],
  [
    "redacted",
    pass,
    { ...same, findings: [finding("mail", "redact"), finding("x", "warn")] },
    [{ class: "newlyRedacted", rules: ["mail"] }],
  ],
  ["redacted both ways", hidden, { ...same, findings: [finding("mail", "redact")] }, []],
  [
    "rerouted",
    pass,
    { ...same, first: { provider: "other", model: "m" } },
    [{ class: "rerouted", rules: ["other/m"] }],
  ],
])("a request that is %s under the draft is counted so", (_name, fact, told, classes) => {
  expect(compareShadow(fact as never, told)).toEqual(classes);
});

const blockedAnswer = settlement({
  outcome: "blocked",
  findings: [{ ...live("mail"), action: "block", direction: "answer" }],
});
const hiddenAnswer = settlement({ findings: [{ ...live("mail"), direction: "answer" }] });
const plainAnswer = settlement({ findings: [live("mail")] });

test.each<[string, typeof plainAnswer, ShadowAnswerData, object[]]>([
  ["the same", plainAnswer, { draft: 9, findings: [finding("mail", "warn")] }, []],
  [
    "blocked",
    plainAnswer,
    { draft: 9, by: "mail", findings: [finding("mail", "block")] },
    [{ class: "newlyBlocked", rules: ["mail"] }],
  ],
  ["blocked both ways", blockedAnswer, { draft: 9, by: "other" }, []],
  ["let pass", blockedAnswer, { draft: 9 }, [{ class: "newlyAllowed", rules: ["mail"] }]],
  [
    "redacted",
    plainAnswer,
    { draft: 9, findings: [finding("mail", "redact")] },
    [{ class: "newlyRedacted", rules: ["mail"] }],
  ],
  ["redacted both ways", hiddenAnswer, { draft: 9, findings: [finding("mail", "redact")] }, []],
])("an answer that is %s under the draft is counted so", (_name, data, told, classes) => {
  expect(compareAnswer(data, told)).toEqual(classes);
  const stream = new SampleStream("u_1");
  stream.append({ type: "RequestSettled", v: 1, data: { ...data, shadow: told } });
  const views = new MemoryViews();
  views.take(stream.events.map((event) => unseal(event)));
  const rows = views.rows("shadow").map((row) => shadowTable.fromRow(row));
  expect(rows.find(({ kind }) => kind === "answers")?.sums).toMatchObject({
    requests: 1,
    same: classes.length === 0 ? 1 : 0,
  });
  expect(rows.filter(({ kind }) => kind === "answer-rule")).toHaveLength(classes.length);
});

const answers: ShadowData[] = [
  same,
  { draft: 9, admits: false, code: "dlp_blocked", by: "mail" },
  { draft: 9, admits: false, code: "rate_limited", by: "rpm" },
  { draft: 10, undecided: "too_large" },
  { ...same, findings: [finding("mail", "redact")], unshared: true },
];
const members = ["alice", "bob"];

/** Streams of decisions, some of them with a draft beside. */
const histories: fc.Arbitrary<EventEnvelope[][]> = fc
  .array(fc.array(fc.tuple(fc.nat(answers.length), fc.boolean()), { maxLength: 12 }), {
    maxLength: 3,
  })
  .map((streams) =>
    streams.map((decisions, index) => {
      const stream = new SampleStream(`u_${index}`);
      const member = members[index % 2] ?? "";
      for (const [n, [which, isRefused]] of decisions.entries()) {
        const told = answers[which];
        const about = { requestId: requestId(MORNING, index * 100 + n), member, chain };
        const data = told === undefined ? about : { ...about, shadow: told };
        stream.append(isRefused ? refused({ ...data, code: "rate_limited" }) : admitted(data));
      }
      return stream.events.map((event) => unseal(event));
    }),
  );

describeProjection(shadow, histories);

test("the whole is the sum over members, and the same and the different add up to it", () => {
  fc.assert(
    fc.property(histories, (streams) => {
      const views = new MemoryViews();
      views.take(streams.flat());
      const rows = views.rows("shadow").map((row) => shadowTable.fromRow(row));
      for (const all of rows.filter(({ kind }) => kind === "all")) {
        const users = rows.filter(({ kind, draft }) => kind === "user" && draft === all.draft);
        const sum = (column: keyof typeof all.sums): number =>
          users.reduce((total, { sums }) => total + (sums[column] ?? 0), 0);
        expect(sum("requests")).toBe(all.sums.requests);
        expect(sum("newlyBlocked")).toBe(all.sums.newlyBlocked);
        const { same: alike = 0, undecided = 0, requests = 0 } = all.sums;
        expect(alike + undecided).toBeLessThanOrEqual(requests);
      }
    }),
    { seed: 21_112_027, numRuns: 60 },
  );
});
