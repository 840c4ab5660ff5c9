/**
 * What a draft in the shadow would have decided otherwise: counted by draft, rule and member.
 *
 * A request is in every class that it fits; one that fits none is the same under both.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { ShadowAnswerData, ShadowData } from "#events/shadow-events.ts";
import type { FindingData, UserFact } from "#events/user-events.ts";
import type { Change, Projection, Row, Table } from "./projection.ts";
import { assertSafeSum } from "./safe-sum.ts";

/** How a request may differ under the draft. */
export const shadowClasses = [
  "newlyBlocked",
  "newlyLimited",
  "newlyRefused",
  "newlyAllowed",
  "newlyRedacted",
  "rerouted",
] as const;
export type ShadowClass = (typeof shadowClasses)[number];

/** `requests` is all; `same` are those in no class; `undecided` and `unshared` say what is not known. */
export const shadowColumns = [
  "requests",
  "same",
  ...shadowClasses,
  "undecided",
  "unshared",
] as const;
export type ShadowSums = Record<(typeof shadowColumns)[number], number>;

/**
 * One row: a draft's whole, one of its rules, or one member; of answers the whole (`answers`) and one
 * of its rules (`answer-rule`), of which `requests` counts answers.
 */
export interface ShadowRow {
  draft: number;
  kind: "all" | "rule" | "user" | "answers" | "answer-rule";
  name: string;
  sums: Partial<ShadowSums>;
}

type SettledData = Extract<UserFact, { type: "RequestSettled" }>["data"];
type Decision = Extract<UserFact, { type: "RequestAdmitted" | "RequestRefused" }>;

/** Refusals by a data rule or the guard. */
export const blocks: ReadonlySet<string> = new Set(["dlp_blocked", "guard_blocked"]);
/** Refusals by a limit or a budget. */
export const limited: ReadonlySet<string> = new Set([
  "rate_limited",
  "token_rate_limited",
  "spend_rate_limited",
  "concurrency_limited",
  "budget_exceeded",
]);
/** What a data rule does that hides what it finds. */
export const hides: ReadonlySet<string> = new Set(["redact", "mask", "tokenize"]);

/** Whether two chains begin with different models. */
export function isRerouted(
  was: { provider: string; model: string } | undefined,
  is: { provider: string; model: string } | undefined,
): boolean {
  return was?.provider !== is?.provider || was?.model !== is?.model;
}

/** How a request differs under the draft, and by what. */
export function compareShadow(
  { type, data }: Decision,
  shadow: ShadowData,
): { class: ShadowClass; rules: string[] }[] {
  const wasAdmitted = type === "RequestAdmitted";
  const { admits, code = "", by } = shadow;
  if (!wasAdmitted && data.code === "budget_downgrade") return [];
  if (!wasAdmitted) {
    return admits === true ? [{ class: "newlyAllowed", rules: [data.by ?? data.code] }] : [];
  }
  if (admits !== true) {
    // It would have gone on in a cheaper tier.
    if (code === "budget_downgrade") return [{ class: "rerouted", rules: [by ?? code] }];
    const other = limited.has(code) ? "newlyLimited" : "newlyRefused";
    return [{ class: blocks.has(code) ? "newlyBlocked" : other, rules: [by ?? code] }];
  }
  const differences: { class: ShadowClass; rules: string[] }[] = [];
  const before = hidingRules(data.findings);
  const rules = [...hidingRules(shadow.findings ?? [])].filter((rule) => !before.has(rule));
  if (rules.length > 0) differences.push({ class: "newlyRedacted", rules });
  if (shadow.first !== undefined && isRerouted(data.chain[0], shadow.first)) {
    const { provider, model } = shadow.first;
    differences.push({ class: "rerouted", rules: [`${provider}/${model}`] });
  }
  return differences;
}

/** The rules that hide something of what was found. */
export function hidingRules(
  findings: readonly Pick<FindingData, "rule" | "enforced" | "action">[] | ShadowData["findings"],
): Set<string> {
  const all = findings ?? [];
  return new Set(
    all.filter(({ enforced, action }) => enforced && hides.has(action)).map(({ rule }) => rule),
  );
}

const text = (name: string) => ({ name, type: "TEXT" as const });
const whole = (name: string) => ({ name, type: "INTEGER" as const });

export const shadowTable: Table<ShadowRow, ShadowRow> = {
  name: "shadow",
  key: ["draft", "kind", "name"],
  columns: [whole("draft"), text("kind"), text("name"), ...shadowColumns.map(whole)],
  fromRow: (row) => ({
    draft: Number(row["draft"]),
    kind: row["kind"] as ShadowRow["kind"],
    name: String(row["name"]),
    sums: Object.fromEntries(shadowColumns.map((column) => [column, Number(row[column])])),
  }),
  toRow: ({ draft, kind, name, sums }): Row => ({
    draft,
    kind,
    name,
    ...Object.fromEntries(shadowColumns.map((column) => [column, sums[column] ?? 0])),
  }),
  combine: (row, patch) => addShadow(row, patch),
};

/** The sum of two rows that are about the same. */
export function addShadow(row: ShadowRow | undefined, more: ShadowRow): ShadowRow {
  const sums: Partial<ShadowSums> = { ...row?.sums };
  for (const column of shadowColumns) {
    sums[column] = assertSafeSum((sums[column] ?? 0) + (more.sums[column] ?? 0), column);
  }
  return { ...more, sums };
}

/** How an answer differs under the draft's data rules. */
export function compareAnswer(
  { outcome, findings }: SettledData,
  { by, findings: found = [] }: ShadowAnswerData,
): { class: ShadowClass; rules: string[] }[] {
  const own = findings.filter(({ direction }) => direction === "answer");
  const blocking = own.find(({ action, enforced }) => action === "block" && enforced);
  const wasBlocked = outcome === "blocked" && blocking !== undefined;
  if (wasBlocked)
    return by === undefined ? [{ class: "newlyAllowed", rules: [blocking.rule] }] : [];
  if (by !== undefined) return [{ class: "newlyBlocked", rules: [by] }];
  const before = hidingRules(own);
  const rules = [...hidingRules(found)].filter((rule) => !before.has(rule));
  return rules.length === 0 ? [] : [{ class: "newlyRedacted", rules }];
}

function foldAnswer(data: SettledData): readonly Change<ShadowRow>[] {
  const { shadow } = data;
  if (shadow === undefined) return [];
  const { draft } = shadow;
  if (shadow.undecided !== undefined) {
    return [change({ draft, kind: "answers", name: "", sums: { requests: 1, undecided: 1 } })];
  }
  const differences = compareAnswer(data, shadow);
  const sums: Partial<ShadowSums> = { requests: 1 };
  for (const difference of differences) sums[difference.class] = 1;
  if (differences.length === 0) sums.same = 1;
  const byRule = differences.flatMap(({ class: of, rules }) =>
    rules.map((name) => change({ draft, kind: "answer-rule", name, sums: ruleSums(of) })),
  );
  return [change({ draft, kind: "answers", name: "", sums }), ...byRule];
}

function fold(event: EventEnvelope): readonly Change<ShadowRow>[] {
  const fact = event as unknown as UserFact;
  if (fact.type === "RequestSettled" || fact.type === "ExpiryCorrected")
    return foldAnswer(fact.data);
  if (fact.type !== "RequestAdmitted" && fact.type !== "RequestRefused") return [];
  const { shadow, member } = fact.data;
  if (shadow === undefined) return [];
  const { draft } = shadow;
  const isDecided = shadow.admits !== undefined;
  const differences = isDecided ? compareShadow(fact, shadow) : [];
  const sums: Partial<ShadowSums> = { requests: 1 };
  for (const difference of differences) sums[difference.class] = 1;
  if (!isDecided) sums.undecided = 1;
  else if (differences.length === 0) sums.same = 1;
  if (shadow.unshared === true) sums.unshared = 1;
  const byRule = differences.flatMap(({ class: of, rules }) =>
    [...new Set(rules)].map((name) => change({ draft, kind: "rule", name, sums: ruleSums(of) })),
  );
  return [
    change({ draft, kind: "all", name: "", sums }),
    change({ draft, kind: "user", name: member, sums }),
    ...byRule,
  ];
}

function ruleSums(of: ShadowClass): Partial<ShadowSums> {
  return { requests: 1, [of]: 1 };
}

function change(patch: ShadowRow): Change<ShadowRow> {
  return { table: shadowTable.name, key: [patch.draft, patch.kind, patch.name], patch };
}

/** What a draft in the shadow would have changed. */
export const shadow: Projection = { name: "shadow", version: 1, tables: [shadowTable], fold };
