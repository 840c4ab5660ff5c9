/** Cloudflare's log filters: every spelling, every operator, and nothing lost by narrowing first. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLogQuery } from "#edge/cloudflare/log-query.ts";
import { toLog } from "#edge/cloudflare/log.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { matches } from "#projections/queries.ts";
import { MORNING } from "../../support/sample-events.ts";

const base: AuditEntry = {
  id: "01a1fd55-7a80-7000-8000-000000000001",
  kind: "request",
  at: MORNING,
  user: "alice",
  action: "chat.completion",
  metadata: { team: "red", "cf.event_id": "evt-1" },
  modelAsked: "gpt-4o-mini",
  modelServed: "gpt-4o-mini-2026",
  provider: "openai",
  inputTokens: 10,
  outputTokens: 5,
  costNanos: 2_000_000,
  dlp: "warned",
  findings: [],
  cache: "miss",
  userAgent: "OpenAI/JS 6",
  latencyMs: 120,
  status: 200,
  outcome: "completed",
  feedback: { value: 1, metadata: { reviewer: "bob" }, by: "bob", at: MORNING },
  source: { stream: "u_1", epoch: 1, seqs: [1, 2] },
};

const query = (text: string) => readLogQuery(new URLSearchParams(text));
const filters = (...list: object[]) => query(`filters=${encodeURIComponent(JSON.stringify(list))}`);
const keeps = (key: string, operator: string, value: unknown, entry = base) =>
  filters({ key, operator, value }).keeps(entry);

describe("spellings of one filter", () => {
  it.each([
    'filters=[{"key":"provider","operator":"eq","value":["openai"]}]',
    'filters[]={"key":"provider","operator":"eq","value":"openai"}',
    "filters[0][key]=provider&filters[0][operator]=eq&filters[0][value][0]=openai",
    "filters[key]=provider&filters[operator]=eq&filters[value]=openai",
    "filters.key=provider&filters.operator=eq&filters.value=openai",
    "provider=openai",
  ])("%s", (text) => {
    const { filter, keeps: kept } = query(text);
    expect(filter).toMatchObject({ kind: "request", provider: "openai" });
    expect([kept(base), kept({ ...base, provider: "groq" })]).toEqual([true, false]);
  });

  it("several filters without numbers are told apart by their keys", () => {
    const { keeps: kept } = query(
      "filters.key=provider&filters.value=openai&filters.key=cost&filters.operator=gt&filters.value=1",
    );
    expect(kept(base)).toBe(false);
  });
});

it.each([
  ["model", "contains", "MINI", true],
  ["model", "eq", ["a", "gpt-4o-mini-2026"], true],
  ["model", "neq", ["gpt-4o-mini-2026"], false],
  ["cost", "gt", 0.001, true],
  ["cost", "lt", 0.001, false],
  ["tokens", "eq", 15, true],
  ["success", "eq", "true", true],
  ["cached", "eq", true, false],
  ["created_at", "gt", new Date(MORNING).toISOString(), true],
  ["created_at", "lt", new Date(MORNING - 1).toISOString(), false],
  ["metadata.key", "eq", "team", true],
  ["metadata.key", "eq", "reviewer", true],
  ["metadata.value", "contains", "re", true],
  ["event_id", "eq", "evt-1", true],
  ["feedback", "eq", 1, true],
  ["feedback", "eq", -1, false],
  ["dlp_action", "eq", "FLAG", true],
  ["user_agent", "contains", "openai", true],
  ["status_code", "eq", 200, true],
])("%s %s %j is %s", (key, operator, value, expected) => {
  expect(keeps(key, operator, value)).toBe(expected);
});

it("what the ledger narrows by never drops what the filter keeps", () => {
  const entry = fc.record({
    provider: fc.constantFrom("openai", "groq"),
    modelAsked: fc.constantFrom("a", "b"),
    outcome: fc.constantFrom<AuditEntry["outcome"]>("completed", "failed", "refused"),
    at: fc.integer({ min: MORNING, max: MORNING + 3 }),
  });
  const filter = fc.oneof(
    fc.record({ key: fc.constantFrom("provider", "model"), value: fc.constantFrom("openai", "a") }),
    fc.record({ key: fc.constant("success"), value: fc.constantFrom("true", "false") }),
    fc.record({
      key: fc.constant("created_at"),
      value: fc.integer({ min: MORNING, max: MORNING + 3 }),
    }),
  );
  const operator = fc.constantFrom("eq", "neq", "gt", "lt", "contains");
  fc.assert(
    fc.property(entry, filter, operator, (some, { key, value }, operator) => {
      const { modelServed: _served, ...rest } = base;
      const one: AuditEntry = { ...rest, ...some };
      const asked = filters({ key, operator, value });
      if (asked.keeps(one)) expect(matches(one, asked.filter)).toBe(true);
    }),
    { numRuns: 300, seed: 7 },
  );
});

it("runs and refusals at once are no logs, and a refusal has the status that was told", () => {
  const { keeps: kept } = query("");
  expect(kept({ ...base, outcome: "admitted" })).toBe(false);
  expect(kept({ ...base, kind: "refusals" })).toBe(false);
  const { status: _status, ...refused } = { ...base, outcome: "refused" as const };
  expect(toLog({ ...refused, code: "rate_limited" })).toMatchObject({
    status_code: 429,
    success: false,
  });
});

it.each([
  "per_page=51",
  "page=0",
  "order_by=cost",
  "order_by_direction=asc",
  "search=secret",
  "nosuch=1",
  "page=1&page=2",
  "filters=[",
  'filters=[{"key":"nosuch","value":["a"]}]',
  "filters[99][key]=provider",
  "start_date=soon",
  `model=${"a".repeat(501)}`,
])("%s is refused", (text) => {
  expect(() => query(text)).toThrow(expect.objectContaining({ code: "invalid_request" }));
});
