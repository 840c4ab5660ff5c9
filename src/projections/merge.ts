/** One answer from many shards: pages are merged by id, sums are added. */
import { compact } from "./histogram.ts";
import type { AuditPage, Dimension, Ranking, SumsAnswer, SumsGroup } from "./queries.ts";
import { assertSafeSum } from "./safe-sum.ts";
import { histograms, type Histograms } from "./sums.ts";

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
  return {
    groups: mergeGroups(
      answers.flatMap((answer) => answer.groups),
      groupBy,
    ),
    truncated: answers.some((answer) => answer.truncated),
  };
}

function mergeGroups(all: readonly SumsGroup[], groupBy: readonly Dimension[]): SumsGroup[] {
  const groups = new Map<string, SumsGroup[]>();
  for (const group of all) {
    const name = JSON.stringify(groupBy.map((dimension) => group.by[dimension]));
    const same = groups.get(name);
    if (same === undefined) groups.set(name, [group]);
    else same.push(group);
  }
  const names = [...groups.keys()].sort();
  return names.map((name) => {
    const same = groups.get(name) as SumsGroup[];
    const [{ by }] = same as [SumsGroup];
    return { by, ...totalOf(same) };
  });
}

/** The sum over some groups. */
export function totalOf(groups: readonly SumsGroup[]): {
  sums: Record<string, number>;
  histograms: Histograms;
} {
  const sums: Record<string, number> = {};
  for (const group of groups) {
    for (const [column, amount] of Object.entries(group.sums)) {
      sums[column] = assertSafeSum((sums[column] ?? 0) + amount, column);
    }
  }
  const kept: Histograms = {};
  for (const name of histograms) {
    const texts = groups.map((group) => group.histograms?.[name] ?? "");
    kept[name] = compact(texts.join(""));
  }
  return { sums, histograms: kept };
}

/** Groups by a set of tags as groups by each of them: a request counts under every tag it has. */
export function splitTags(
  groups: readonly SumsGroup[],
  groupBy: readonly Dimension[],
): SumsGroup[] {
  const split = groups.flatMap(({ by, ...rest }) => {
    const tags = JSON.parse(by["tag"] ?? "[]") as string[];
    return (tags.length === 0 ? [""] : tags).map((tag) => ({ by: { ...by, tag }, ...rest }));
  });
  return mergeGroups(split, groupBy);
}

/** The largest groups by a sum, largest first; equal ones keep their order. */
export function largest(groups: readonly SumsGroup[], by: Ranking, count: number): SumsGroup[] {
  return groups.toSorted((a, b) => (b.sums[by] ?? 0) - (a.sums[by] ?? 0)).slice(0, count);
}
