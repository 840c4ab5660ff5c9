/** What can be asked of the views, as plain data that crosses RPC. */
import type { AuditEntry, AuditKind, AuditOutcome, DlpResult } from "./audit-entry.ts";
import type { Histograms } from "./sums.ts";

/** All that are given must hold; absent fields hold for every entry. */
export interface AuditFilter {
  /** Model calls only, or reads, or admins' acts; `request` holds coalesced refusals too. */
  kind?: AuditKind;
  user?: string;
  team?: string;
  /** The model asked for or the one that answered. */
  model?: string;
  provider?: string;
  action?: string;
  resource?: string;
  dlp?: DlpResult;
  outcome?: AuditOutcome;
  code?: string;
  /** The policy's route. */
  route?: string;
  /** A key's id. */
  key?: string;
  /** One of the request's tags. */
  tag?: string;
  /** What it cost, both inclusive; entries without a cost are left out. */
  costNanosMin?: number;
  costNanosMax?: number;
  /** How long it took, both inclusive; entries that did not end are left out. */
  latencyMsMin?: number;
  latencyMsMax?: number;
  /** Milliseconds since 1970, inclusive. */
  from?: number;
  /** Milliseconds since 1970, exclusive. */
  to?: number;
}

export interface AuditQuery {
  filter: AuditFilter;
  /** Entries older than this id, exclusive: a page's `next`. */
  cursor?: string;
  limit: number;
}

/**
 * One page, newest first. It holds every match between the query's cursor and `next`, inclusive;
 * `next` is absent once there is nothing older. A page may be short or empty and yet have a `next`,
 * because the rows that one query looks at are bounded.
 */
export interface AuditPage {
  entries: AuditEntry[];
  next?: string;
}

/**
 * What sums can be grouped by. `day` and `month` are UTC; `key` is a key's id. A request counts under
 * each of its `tag`s, so only their groups may add up to more than the total.
 */
export const dimensions = [
  "hour",
  "day",
  "month",
  "model",
  "provider",
  "user",
  "team",
  "key",
  "route",
  "tag",
] as const;
export type Dimension = (typeof dimensions)[number];

/** What groups can be ranked by. */
export const rankings = [
  "requests",
  "failed",
  "refused",
  "inputTokens",
  "outputTokens",
  "costNanos",
  "savedNanos",
  "dlpBlocked",
  "dlpRedacted",
  "rateLimited",
  "budgetLimited",
] as const;
export type Ranking = (typeof rankings)[number];

export interface SumsQuery {
  groupBy: Dimension[];
  /** Milliseconds, inclusive; lowered to a whole hour. */
  from?: number;
  /** Milliseconds, exclusive; raised to a whole hour. */
  to?: number;
  filter: SumsFilter;
  /** The largest groups first, when there are more than an answer holds. */
  rankBy?: Ranking;
}

/** Names that a group's rows must have; a `tag` is one of a request's own. */
export type SumsFilter = Partial<
  Record<"user" | "team" | "model" | "provider" | "key" | "route" | "tag", string>
>;

/** One group: what it is about, in the order asked, and its sums. */
export interface SumsGroup {
  /** `2026-11-21T09`, `2026-11-21`, `2026-11` for times; names for the rest. */
  by: Record<string, string>;
  sums: Record<string, number>;
  /** Latencies: see `histogram.ts`. */
  histograms?: Histograms;
}

export interface SumsAnswer {
  groups: SumsGroup[];
  /** True when there were more groups than an answer may hold; sums are then incomplete. */
  truncated: boolean;
}

/** What budgets spent, by group. */
export interface BudgetSumsQuery {
  /** Budgets in their periods (see `budgetAccount`): what all spent under each, or one member. */
  asked: readonly { account: string; user?: string }[];
  groupBy: Dimension[];
  /** Where the earliest of the periods begins, or earlier, milliseconds. */
  from: number;
}

/** What one budget spent: its groups, and all of it. */
export interface BudgetSums {
  groups: SumsGroup[];
  totalNanos: number;
}

export interface BudgetSumsAnswer {
  /** In the order in which they were asked. */
  budgets: BudgetSums[];
  /** True when there were more groups than an answer may hold; each total is whole all the same. */
  truncated: boolean;
}

/** Whether an entry passes a filter: the live tail's test, the same as the query's. */
export function matches(entry: AuditEntry, filter: AuditFilter): boolean {
  const { kind, model, from, to } = filter;
  if (kind !== undefined && !kindsOf(kind).includes(entry.kind)) return false;
  if (from !== undefined && entry.at < from) return false;
  if (to !== undefined && entry.at >= to) return false;
  if (model !== undefined && entry.modelAsked !== model && entry.modelServed !== model) {
    return false;
  }
  const { key, tag, code } = filter;
  if (code !== undefined && !codesOf(code).includes(entry.code ?? "")) return false;
  if (key !== undefined && entry.keyId !== key) return false;
  if (tag !== undefined && entry.tags?.includes(tag) !== true) return false;
  return (
    measures.every((measure) => isWithin(entry[measure], filter, measure)) &&
    exactFields.every((field) => filter[field] === undefined || filter[field] === entry[field])
  );
}

/** What a filter can bound from below and above. */
export const measures = ["costNanos", "latencyMs"] as const;
export type Measure = (typeof measures)[number];

function isWithin(value: number | undefined, filter: AuditFilter, measure: Measure): boolean {
  const { [`${measure}Min` as const]: min, [`${measure}Max` as const]: max } = filter;
  if (min === undefined && max === undefined) return true;
  return value !== undefined && value >= (min ?? 0) && value <= (max ?? Infinity);
}

/** The fields of a filter that must equal the entry's own. */
export const exactFields = [
  "user",
  "team",
  "provider",
  "action",
  "resource",
  "dlp",
  "outcome",
  "route",
] as const;

/** The codes that a filter's `code` stands for: several are written with commas. */
export function codesOf(code: string): readonly string[] {
  return code.split(",").map((one) => one.trim());
}

/** The kinds of entry that a filter's kind stands for: refusals at once are requests all the same. */
export function kindsOf(kind: AuditKind): readonly AuditKind[] {
  return kind === "request" ? ["request", "refusals"] : [kind];
}
