/** What an event is about: sinks ask for topics, not for types. */
import type { EventEnvelope } from "#events/envelope.ts";
import type { Sink, Topic } from "#policy/sinks.ts";

const TOPICS: Record<string, readonly Topic[]> = {
  RequestAdmitted: ["requests"],
  RequestRefused: ["refusals"],
  RefusalsCounted: ["refusals"],
  RequestSettled: ["requests"],
  RequestReleased: ["requests"],
  HoldExtended: ["requests"],
  HoldExpired: ["requests", "errors"],
  ExpiryCorrected: ["requests"],
  CostCorrected: ["requests"],
  SettlementOrphaned: ["requests", "errors"],
  ThresholdCrossed: ["thresholds", "budgets"],
  BudgetThresholdCrossed: ["thresholds", "budgets"],
  LeaseGranted: ["budgets"],
  LeaseOpened: ["budgets"],
  LeaseReturned: ["budgets"],
  LeaseDenied: ["budgets"],
  BudgetLimitSet: ["budgets"],
  BudgetLimitEffective: ["budgets"],
  BudgetLimitsEffective: ["budgets", "policy"],
  CreditGranted: ["budgets"],
  CreditReturned: ["budgets"],
  RecallBegan: ["budgets"],
  NodeLeaseGranted: ["budgets"],
  NodeLeaseReturned: ["budgets"],
  NodeLeaseOpened: ["budgets"],
  BudgetPastCounted: ["budgets"],
  RateLeased: ["budgets"],
  RateDenied: ["budgets"],
  RatePermitted: ["budgets"],
  RulePastCounted: ["budgets"],
  RulePastAwaited: ["budgets"],
  ViewsDiffered: ["policy", "errors"],
  PayloadLost: ["requests", "errors"],
  AccessRecorded: ["access"],
  FeedbackGiven: ["requests"],
};

const BLOCKS: ReadonlySet<unknown> = new Set(["dlp_blocked", "guard_blocked"]);
const WEBHOOK_TOPICS: readonly Topic[] = ["thresholds", "blocks", "errors"];

/** Every topic of an event; rules, members, keys and what is not listed are `policy`. */
export function topicsOf({ type, data }: Pick<EventEnvelope, "type" | "data">): readonly Topic[] {
  const topics = Object.hasOwn(TOPICS, type) ? (TOPICS[type] ?? []) : (["policy"] as const);
  const { code, outcome } = data as { code?: unknown; outcome?: unknown };
  if (topics[0] === "refusals" && BLOCKS.has(code)) return [...topics, "blocks"];
  if (outcome === "blocked") return [...topics, "blocks"];
  if (outcome === "failed" || outcome === "cut") return [...topics, "errors"];
  return topics;
}

/** Whether a sink asked for an event. */
export function isWanted(sink: Pick<Sink, "kind" | "events">, event: EventEnvelope): boolean {
  const asked = sink.events ?? (sink.kind === "webhook" ? WEBHOOK_TOPICS : undefined);
  return asked === undefined || topicsOf(event).some((topic) => asked.includes(topic));
}
