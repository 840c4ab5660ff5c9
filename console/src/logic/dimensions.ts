/** What the books' sums are broken down by, and what the largest of them are chosen by. */

export const dimensions = [
  { value: "model", title: "Model", nameless: "no model" },
  { value: "provider", title: "Provider", nameless: "not sent to a provider" },
  { value: "user", title: "User", nameless: "the system" },
  { value: "team", title: "Team", nameless: "no team" },
  { value: "route", title: "Route", nameless: "no route" },
  { value: "key", title: "Key", nameless: "no key" },
  { value: "tag", title: "Tag", nameless: "no tag" },
] as const;
export type DimensionName = (typeof dimensions)[number]["value"];

/** Those that the books as of a moment know too. */
export const pastDimensions = dimensions.slice(0, 4);

/** The dimension that an address names; the first of them when it names none. */
export function readDimension(
  text: string | null,
  among: readonly (typeof dimensions)[number][] = dimensions,
): DimensionName {
  return among.find(({ value }) => value === text)?.value ?? "model";
}

export const measures = [
  { value: "costNanos", title: "Cost", unit: "money" },
  { value: "requests", title: "Requests", unit: "count" },
  { value: "failed", title: "Failed", unit: "count" },
  { value: "refused", title: "Refused", unit: "count" },
  { value: "inputTokens", title: "Tokens in", unit: "count" },
  { value: "outputTokens", title: "Tokens out", unit: "count" },
  { value: "savedNanos", title: "Saved", unit: "money" },
  { value: "dlpBlocked", title: "Blocked", unit: "count" },
  { value: "dlpRedacted", title: "Redacted", unit: "count" },
  { value: "rateLimited", title: "Rate limited", unit: "count" },
  { value: "budgetLimited", title: "Over budget", unit: "count" },
] as const;
export type Measure = (typeof measures)[number]["value"];

export function readMeasure(text: string | null): Measure {
  return measures.find(({ value }) => value === text)?.value ?? "costNanos";
}

/** How many of the largest can be asked for; the API answers with 100 at most. */
export const tops = [10, 25, 100] as const;

export function readTop(text: string | null): number {
  return tops.find((top) => String(top) === text) ?? tops[0];
}

type Row = Readonly<Record<string, string | number | null>>;

export interface Line {
  name: string;
  usage: Row | undefined;
  costNanos: number;
  /** What the lines are in the order of. */
  measured: number;
}

const number = (row: Row | undefined, column: string): number => {
  const value = row?.[column];
  return typeof value === "number" ? value : 0;
};

/** The view that knows a measure: what was spent is booked apart from what was done. */
export function viewOf(measure: Measure): "usage" | "costs" {
  return measure === "costNanos" ? "costs" : "usage";
}

/**
 * The largest groups of a dimension. One of the views was asked for the largest only: what the other
 * has beyond them is left out, unless there is room.
 */
export function linesOf(
  asked: { by: DimensionName; measure: Measure; top: number },
  usage: readonly Row[],
  costs: readonly Row[],
): Line[] {
  const { by, measure, top } = asked;
  const nameOf = (row: Row): string => String(row[by] ?? "");
  const used = new Map(usage.map((row) => [nameOf(row), row]));
  const spent = new Map(costs.map((row) => [nameOf(row), number(row, "costNanos")]));
  const lines = [...new Set([...used.keys(), ...spent.keys()])].map((name): Line => {
    const row = used.get(name);
    const costNanos = spent.get(name) ?? 0;
    const measured = measure === "costNanos" ? costNanos : number(row, measure);
    return { name, usage: row, costNanos, measured };
  });
  const ordered = lines.sort(
    (a, b) =>
      b.measured - a.measured ||
      number(b.usage, "requests") - number(a.usage, "requests") ||
      (a.name < b.name ? -1 : 1),
  );
  return ordered.slice(0, top);
}
