/** One answer from many shards: pages are merged by id, sums are added. */
import { assertSafeSum } from "./safe-sum.ts";
import type { AuditPage, Dimension, SumsAnswer, SumsGroup } from "./queries.ts";

/**
 * Merges one page of each shard, all asked with the same cursor and limit. Only what every shard
 * has looked at counts, so paging on from `next` neither skips nor repeats an entry.
 */
export function mergePages(pages: readonly AuditPage[], limit: number): AuditPage {
  const floors = pages.flatMap((page) => (page.next === undefined ? [] : [page.next]));
  const floor = floors.reduce((highest, next) => (next > highest ? next : highest), "");
  const entries = pages
    .flatMap((page) => page.entries)
    .filter((entry) => entry.id >= floor)
    .sort((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
  if (entries.length > limit) {
    const kept = entries.slice(0, limit);
    return { entries: kept, next: kept.at(-1)?.id ?? floor };
  }
  return floor === "" ? { entries } : { entries, next: floor };
}

/** Adds groups that are about the same; the order is that of their names. */
export function mergeSums(
  answers: readonly SumsAnswer[],
  groupBy: readonly Dimension[],
): SumsAnswer {
  const groups = new Map<string, SumsGroup>();
  for (const group of answers.flatMap((answer) => answer.groups)) {
    const name = JSON.stringify(groupBy.map((dimension) => group.by[dimension]));
    const merged = groups.get(name);
    if (merged === undefined) groups.set(name, { by: group.by, sums: { ...group.sums } });
    else addSums(merged.sums, group.sums);
  }
  const names = [...groups.keys()].sort();
  return {
    groups: names.map((name) => groups.get(name) as SumsGroup),
    truncated: answers.some((answer) => answer.truncated),
  };
}

/** The sum over all groups. */
export function totalOf(groups: readonly SumsGroup[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const group of groups) addSums(total, group.sums);
  return total;
}

function addSums(into: Record<string, number>, sums: Record<string, number>): void {
  for (const [column, amount] of Object.entries(sums)) {
    into[column] = assertSafeSum((into[column] ?? 0) + amount, column);
  }
}
