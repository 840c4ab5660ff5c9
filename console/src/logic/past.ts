/** Sums over the rows of a view as it was at a moment. */

export type Row = Readonly<Record<string, string | number | null>>;

export interface PastLine {
  name: string;
  requests: number;
  tokens: number;
  costNanos: number;
}

const number = (row: Row, column: string): number => {
  const value = row[column];
  return typeof value === "number" ? value : 0;
};

/** One line a name of a dimension, the dearest first; usage tells requests, costs the money. */
export function pastLines(by: string, usage: readonly Row[], costs: readonly Row[]): PastLine[] {
  const lines = new Map<string, PastLine>();
  const lineOf = (row: Row): PastLine => {
    const name = String(row[by] ?? "");
    const line = lines.get(name) ?? { name, requests: 0, tokens: 0, costNanos: 0 };
    lines.set(name, line);
    return line;
  };
  for (const row of usage) {
    const line = lineOf(row);
    line.requests += number(row, "requests");
    line.tokens += number(row, "inputTokens") + number(row, "outputTokens");
  }
  for (const row of costs) lineOf(row).costNanos += number(row, "costNanos");
  return [...lines.values()].sort(
    (a, b) => b.costNanos - a.costNanos || b.requests - a.requests || (a.name < b.name ? -1 : 1),
  );
}

/** All lines together. */
export function pastTotal(lines: readonly PastLine[]): PastLine {
  const total: PastLine = { name: "", requests: 0, tokens: 0, costNanos: 0 };
  for (const line of lines) {
    total.requests += line.requests;
    total.tokens += line.tokens;
    total.costNanos += line.costNanos;
  }
  return total;
}
