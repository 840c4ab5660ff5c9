/** One line a request, whatever became of it. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { EventEnvelope } from "#events/envelope.ts";
import { audit } from "#projections/audit.ts";
import { dlpResult, idOfEvent, type AuditEntry } from "#projections/audit-entry.ts";
import { describeProjection, MemoryViews } from "../support/describe-projection.ts";
import { eventHistories, histories } from "../support/histories.ts";
import {
  admitted,
  MORNING,
  refused,
  requestId,
  SampleStream,
  settled,
  settlement,
} from "../support/sample-events.ts";

describeProjection(audit, eventHistories);

function entriesOf(...facts: { type: string; v: number; data: object }[]): AuditEntry[] {
  const stream = new SampleStream();
  const views = new MemoryViews();
  views.take(facts.map((fact, n): EventEnvelope => stream.append(fact, MORNING + n)));
  return views.rows("audit").map((row) => JSON.parse(String(row["entry"])) as AuditEntry);
}

const id = requestId(MORNING, 1);
const fact = (type: string, data: object) => ({ type, v: 1, data });
const finding = {
  rule: "emails",
  detector: "email",
  enforced: true,
  direction: "prompt" as const,
  channel: "messages",
  count: 1,
  lengths: [17],
};

test("an open request is admitted, and its settlement completes the same line", () => {
  const redacted = { ...finding, action: "redact" as const };
  const ask = admitted({ findings: [redacted], resource: "tickets/42", metadata: { beta: true } });
  const [open] = entriesOf(ask);
  expect(open).toMatchObject({ id, outcome: "admitted", dlp: "redacted", user: "alice" });
  expect(open).not.toHaveProperty("costNanos");
  const warned = { ...finding, action: "warn" as const, direction: "answer" as const };
  const entries = entriesOf(ask, settled({ findings: [warned], servedModel: "gpt-5-mini-2026" }));
  expect(entries).toEqual([
    {
      id,
      kind: "request",
      at: MORNING,
      user: "alice",
      keyId: "k1",
      team: "red",
      tier: "standard",
      action: "chat.completion",
      resource: "tickets/42",
      metadata: { beta: true },
      dialect: "openai",
      streaming: false,
      modelAsked: "gpt-5-mini",
      modelServed: "gpt-5-mini-2026",
      provider: "openai",
      inputTokens: 40,
      outputTokens: 20,
      cachedTokens: 8,
      costNanos: 700,
      estimated: false,
      dlp: "redacted",
      findings: [redacted, warned],
      cache: "miss",
      policyVersion: 3,
      policyHash: "ab".repeat(32),
      priceBook: "book-1",
      promptHash: "cd".repeat(32),
      answerHash: "ef".repeat(32),
      ip: "192.0.2.1",
      userAgent: "test/1",
      latencyMs: 130,
      firstByteMs: 30,
      status: 200,
      finish: "stop",
      outcome: "completed",
      attempts: [
        { provider: "openai", model: "gpt-5-mini", status: 200, latencyMs: 120, costNanos: 700 },
      ],
      source: { stream: "u_alice", epoch: 1, seqs: [1, 2] },
    },
  ]);
});

test("a refusal says why and by what", () => {
  const entries = entriesOf(refused());
  expect(entries).toMatchObject([
    { id, outcome: "refused", code: "rate_limited", by: "per-minute" },
  ]);
});

test("a release, an expiry and its correction end the line they began", () => {
  expect(
    entriesOf(admitted(), fact("RequestReleased", { requestId: id, reason: "gone" })),
  ).toMatchObject([{ outcome: "released", code: "gone", costNanos: 0 }]);
  const expired = fact("HoldExpired", { requestId: id, chargedNanos: 1_000 });
  expect(entriesOf(admitted(), expired)).toMatchObject([{ outcome: "expired", costNanos: 1_000 }]);
  const corrected = fact("ExpiryCorrected", { ...settlement(), refundNanos: 300 });
  expect(entriesOf(admitted(), expired, corrected)).toMatchObject([
    { outcome: "completed", costNanos: 700, refundNanos: 300, source: { seqs: [1, 2, 3] } },
  ]);
});

test("a settlement that nobody asked for is a line of its own, and takes over none", () => {
  const orphan = { type: "SettlementOrphaned", v: 1, data: { requestId: id, costNanos: 5 } };
  expect(entriesOf(orphan)).toMatchObject([{ id, outcome: "orphaned" }]);
  expect(entriesOf(refused(), orphan)).toMatchObject([{ id, outcome: "refused", user: "alice" }]);
});

test("acts, reads, counted refusals and thresholds are in the same list", () => {
  const entries = entriesOf(
    fact("KeyIssued", { keyId: "k1", member: "bob", label: "laptop", secretHash: "00" }),
    fact("PolicyPublished", { version: 3, hash: "ab", document: { a: 1 }, comment: "tighter" }),
    fact("CommandRefused", { command: "publish", code: "version_conflict", message: "no" }),
    fact("RefusalsCounted", {
      code: "rate_limited",
      by: "per-minute",
      member: "bob",
      count: 41,
      firstAt: MORNING,
      lastAt: MORNING,
      sampleRequestIds: ["a", "b"],
    }),
    fact("AccessRecorded", {
      requestId: requestId(MORNING, 9),
      member: "ada",
      action: "audit.list",
      resource: "{}",
    }),
  );
  const lines = entries.map(({ kind, user, action, resource, outcome }) =>
    [kind, user, action, resource, outcome].join(" "),
  );
  expect(lines.sort()).toEqual([
    "access ada audit.list {} completed",
    "act alice command.refused publish refused",
    "act alice key.issued k1 completed",
    "act alice policy.published policy/3 completed",
    "refusals bob requests.refused  refused",
  ]);
  // The document itself is in the log, not in the list.
  expect(JSON.stringify(entries)).not.toContain('"document"');
});

test("limits that are effective everywhere name the budgets, and the rates if there are any", () => {
  const budgets = [{ budget: "team-month", scope: "team:red", limitNanos: 5 }];
  const rates = ["team-minute", "org-hour"].map((rate) => ({ rate, scope: "team:red", limit: 9 }));
  const lines = entriesOf(
    fact("BudgetLimitsEffective", { version: 3, budgets }),
    fact("BudgetLimitsEffective", { version: 3, budgets: [], rates }),
  );
  expect(lines.map(({ metadata }) => metadata)).toEqual([
    { budgets: "team-month" },
    { budgets: "", rates: "team-minute org-hour" },
  ]);
});

test("an event of an unknown type leaves no line", () => {
  expect(entriesOf({ type: "SubjectMoved", v: 1, data: { member: "bob" } })).toEqual([]);
});

test("ids made of events are UUIDs of version 7 that sort by time", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.stringMatching(/^[0-9a-f]{64}$/), (seconds, hash) => {
      const made = idOfEvent(seconds * 1000, hash);
      expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(made > idOfEvent(seconds * 1000 - 1, "f".repeat(64))).toBe(true);
    }),
    { seed: 9562, numRuns: 200 },
  );
});

test("a request's line holds its events and no other's", () => {
  fc.assert(
    fc.property(histories, (members) => {
      for (const { events } of members) {
        const views = new MemoryViews();
        views.take(events);
        const seqs = views
          .rows("audit")
          .flatMap((row) => (JSON.parse(String(row["entry"])) as AuditEntry).source.seqs);
        expect(seqs.sort((a, b) => a - b)).toEqual(events.map((event) => event.seq));
      }
    }),
    { seed: 1, numRuns: 100 },
  );
});

test.each([
  [[], "none"],
  [["off"], "none"],
  [["warn"], "warned"],
  [["warn", "mask", "warn"], "redacted"],
  [["redact", "block", "tokenize"], "blocked"],
] as const)("findings with actions %j show as %s", (actions, result) => {
  expect(dlpResult(actions.map((action) => ({ ...finding, action })))).toBe(result);
});

test("a rule that only watches shows as a warning, even if it would block", () => {
  expect(dlpResult([{ ...finding, action: "block", enforced: false }])).toBe("warned");
});

const given = (data: object) => fact("FeedbackGiven", { requestId: id, member: "bob", ...data });

test("feedback changes its own fields only, the last word counts, and null takes it back", () => {
  const metadata = { beta: true };
  const [entry] = entriesOf(
    admitted({ metadata }),
    settled(),
    given({ feedback: 1, score: 80 }),
    given({ feedback: -1, metadata: { note: "wrong city" } }),
    given({ score: null, member: "carol" }),
  );
  expect(entry).toMatchObject({ user: "alice", outcome: "completed", metadata });
  expect(entry?.feedback).toEqual({
    value: -1,
    metadata: { note: "wrong city" },
    by: "carol",
    at: MORNING + 4,
  });
  expect(entry?.source.seqs).toHaveLength(5);
});

test("the guard's last word takes the place of its first, and says why a request was blocked", () => {
  const first = { action: "none", score: 0.4, category: null, heldNanos: 40 };
  const second = { outcome: "unsafe" as const, latencyMs: 3, costNanos: 30 };
  const guard = { action: "block", score: 0.4, category: null, second };
  const call = { provider: "prompt-guard", model: "m", status: 200, latencyMs: 3, costNanos: 30 };
  const attempts = [{ ...call, role: "guard" as const }];
  const ask = admitted({ guard: first });
  expect(entriesOf(ask)[0]).toMatchObject({ outcome: "admitted", guard: first });
  const end = settled({ outcome: "blocked", guard, attempts, costNanos: 30 });
  expect(entriesOf(ask, end)[0]).toMatchObject({
    outcome: "blocked",
    code: "guard_blocked",
    by: "prompt-guard",
    guard,
    attempts,
    costNanos: 30,
  });
  const passed = settled({ guard: { ...guard, action: "flag" }, attempts, costNanos: 30 });
  expect(entriesOf(ask, passed)[0]).not.toHaveProperty("code");
});
