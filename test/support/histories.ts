/** Random histories of several principals: everything that can become of a request, in any order. */
import * as fc from "fast-check";
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import {
  admitted,
  MORNING,
  refused,
  requestId,
  SampleStream,
  settled,
  settlement,
} from "./sample-events.ts";

/** Why requests of histories are refused. */
export const codes = [
  "rate_limited",
  "token_rate_limited",
  "concurrency_limited",
  "budget_exceeded",
  "dlp_blocked",
  "guard_blocked",
  "model_not_allowed",
] as const;
export const models = ["gpt-5-mini", "claude-5", "gemini-3"];
export const providers = ["openai", "anthropic", "google"];

/** What becomes of one request. */
const story = fc.record({
  fate: fc.constantFrom(
    "settled",
    "refused",
    "released",
    "expired",
    "corrected",
    "open",
    "orphaned",
    "counted",
  ),
  outcome: fc.constantFrom("completed", "failed", "aborted", "blocked", "cut"),
  asked: fc.nat(models.length - 1),
  served: fc.nat(models.length - 1),
  team: fc.option(fc.constantFrom("red", "blue"), { nil: undefined }),
  hour: fc.nat(30),
  /** How long after its admission it ends. */
  lateMs: fc.nat(3 * 3_600_000),
  first: fc.option(fc.nat(5_000), { nil: undefined }),
  costNanos: fc.nat(1_000_000),
  chargedNanos: fc.nat(2_000_000),
  inputTokens: fc.nat(10_000),
  outputTokens: fc.nat(10_000),
  cachedTokens: fc.nat(100),
  latencyMs: fc.nat(90_000),
  firstByteMs: fc.option(fc.nat(9_000), { nil: undefined }),
  hit: fc.boolean(),
  savedNanos: fc.nat(9_000),
  key: fc.option(fc.constantFrom("k1", "k2"), { nil: undefined }),
  route: fc.option(fc.constantFrom("fast", "slow"), { nil: undefined }),
  tags: fc.array(fc.constantFrom("beta", "a,b", 'x"y', "back\\"), { maxLength: 3 }),
  /** What a data rule did to the prompt, and to the answer. */
  prompt: fc.constantFrom("none", "redact", "warn"),
  answer: fc.constantFrom("none", "redact", "block"),
  code: fc.constantFrom(...codes),
  count: fc.integer({ min: 1, max: 50 }),
});

export type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

/** A member's stories; each is cut into its events, and the events of several overlap. */
export interface History {
  member: string;
  stories: Story[];
  events: EventEnvelope[];
}

function tell(member: string, stories: Story[], overlap: number): History {
  const stream = new SampleStream(`u_${member}`);
  const endings: (() => void)[] = [];
  for (const [n, one] of stories.entries()) {
    const at = MORNING + one.hour * 3_600_000;
    const id = requestId(at, n + member.charCodeAt(0) * 1_000);
    endings.push(...begin(stream, member, one, id, at));
    while (endings.length > overlap) endings.shift()?.();
  }
  for (const end of endings) end();
  return { member, stories, events: stream.events.map((sealed) => unseal(sealed)) };
}

const november = { period: "month" as const, periodKey: "2026-11-01", limitNanos: 1e12 };
const budget = { resetsAt: MORNING + 1e9, thresholds: [], atLimit: "allow" as const };

/** The first day of the daily budget's period that an hour after `MORNING` is in: days end at noon. */
export const dayOfHour = (hour: number): string =>
  hour < 3 ? "2026-11-20" : hour < 27 ? "2026-11-21" : "2026-11-22";

/** The budgets of a story: mostly two of its member's own, and one of its team's that may be passed. */
function budgetsOf(member: string, one: Story) {
  const day = { period: "day" as const, periodKey: dayOfHour(one.hour), limitNanos: 1e12 };
  const own = !hasOwn(one)
    ? []
    : [
        { name: "own", scope: `user:${member}`, ...november, ...budget },
        { name: "daily", scope: `user:${member}`, ...day, ...budget },
      ];
  if (one.team === undefined) return { budgets: own };
  const parent = { name: "all", scope: "organisation", ...november, ...budget };
  const team = { name: "team", scope: `team:${one.team}`, ...november, ...budget, parent };
  return { budgets: own, shared: [team], ...(isOver(one) ? { over: ["team"] } : {}) };
}

/** Whether a story has budgets of its member's own. */
export const hasOwn = ({ outputTokens }: Story): boolean => outputTokens % 3 !== 0;

/** Whether a story passes its team's budget. */
export const isOver = ({ inputTokens }: Story): boolean => inputTokens % 5 === 0;

const type = (name: string, data: object) => ({ type: name, v: 1, data });

/** Appends how a request begins; returns how it ends. */
function begin(stream: SampleStream, member: string, one: Story, id: string, at: number) {
  const cause = { command: id, member };
  const append = (fact: { type: string; v: number; data: object }, later = 0) =>
    stream.append(fact, at + later, cause);
  const { team: _team, keyId: _keyId, ...rest } = admitted().data as Record<string, unknown>;
  const who = {
    ...rest,
    ...(one.team === undefined ? {} : { team: one.team }),
    ...(one.key === undefined ? {} : { keyId: one.key }),
    ...(one.route === undefined ? {} : { route: { name: one.route } }),
    ...(one.tags.length === 0 ? {} : { tags: one.tags }),
    findings: found(one.prompt, "prompt"),
    ...budgetsOf(member, one),
    requestId: id,
    member,
    model: models[one.asked] as string,
  };

  if (one.fate === "orphaned") {
    append(type("SettlementOrphaned", { requestId: id, costNanos: one.costNanos }));
    return [];
  }
  if (one.fate === "counted") {
    const times = { firstAt: at, lastAt: at + 500 };
    const data = { code: one.code, by: "per-minute", member, count: one.count, ...times };
    append(type("RefusalsCounted", { ...data, sampleRequestIds: [id] }), 500);
    return [];
  }
  if (one.fate === "refused") {
    const {
      chain: _c,
      limits: _l,
      budgets: _b,
      shared: _s,
      over: _v,
      bound: _o,
      ...asked
    } = who as never as Record<string, object>;
    const { accounting: _a, deadlineAt: _d, ...kept } = asked;
    append({ ...refused(), data: { ...kept, code: one.code, by: "per-minute" } });
    return [];
  }
  append(type("RequestAdmitted", who));
  const end = settledData(one, id);
  const expire = () =>
    append(type("HoldExpired", { requestId: id, chargedNanos: one.chargedNanos }), one.lateMs);
  if (one.fate === "open") return [];
  if (one.fate === "settled") return [() => append({ ...settled(), data: end }, one.lateMs)];
  if (one.fate === "released") {
    return [
      () => append(type("RequestReleased", { requestId: id, reason: "stale policy" }), one.lateMs),
    ];
  }
  if (one.fate === "expired") return [expire];
  const refundNanos = Math.max(0, one.chargedNanos - one.costNanos);
  return [expire, () => append(type("ExpiryCorrected", { ...end, refundNanos }), one.lateMs)];
}

function settledData(one: Story, id: string) {
  const provider = providers[one.served] as string;
  const model = models[one.served] as string;
  const attempt = { status: 200, latencyMs: 5 };
  const first =
    one.first === undefined
      ? []
      : [{ ...attempt, provider: "openai", model: "gpt-5-mini", costNanos: one.first }];
  const last = { ...attempt, provider, model, costNanos: one.costNanos };
  return settlement({
    requestId: id,
    outcome: one.outcome,
    attempts: [...first, last],
    provider,
    servedModel: model,
    usage: {
      inputTokens: one.inputTokens,
      outputTokens: one.outputTokens,
      cachedReadTokens: one.cachedTokens,
    },
    costNanos: one.costNanos + (one.first ?? 0),
    cache: one.hit ? "hit" : "miss",
    latencyMs: one.latencyMs,
    findings: found(one.answer, "answer"),
    ...(one.hit ? { savedNanos: one.savedNanos } : {}),
    ...(one.firstByteMs === undefined ? {} : { firstByteMs: one.firstByteMs }),
  });
}

function found(action: "none" | "redact" | "warn" | "block", direction: "prompt" | "answer") {
  if (action === "none") return [];
  const rule = { rule: "r", detector: "email", enforced: true, channel: "text" };
  return [{ ...rule, action, direction, count: 1, lengths: [9] }];
}

/** Histories of a few members. */
export const histories: fc.Arbitrary<History[]> = fc
  .uniqueArray(fc.constantFrom("alice", "bob", "carol", "dan"), { minLength: 1, maxLength: 4 })
  .chain((members) =>
    fc.tuple(
      ...members.map((member) =>
        fc
          .tuple(fc.array(story, { maxLength: 12 }), fc.nat(3))
          .map(([stories, overlap]) => tell(member, stories, overlap)),
      ),
    ),
  );

/** The same as their events, stream by stream. */
export const eventHistories: fc.Arbitrary<EventEnvelope[][]> = histories.map((members) =>
  members.map((history) => history.events),
);
