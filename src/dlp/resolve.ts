/** Which of overlapping matches wins: the strongest action, then the longest, then the surest. */
import type { DlpAction } from "./rule.ts";
import type { Match } from "./match.ts";

const STRENGTH: Record<DlpAction, number> = {
  block: 5,
  tokenize: 4,
  redact: 3,
  mask: 2,
  warn: 1,
  off: 0,
};

/** From masks on, what is left of a loser is changed as well. */
const PARTS_FROM = 2;

/** How much a match changes the text: nothing in monitor mode, whatever its action. */
function strength(match: Match): number {
  return match.enforced ? STRENGTH[match.action] + 1 : STRENGTH[match.action] / 10;
}

function byPrecedence(a: Match, b: Match): number {
  return (
    strength(b) - strength(a) ||
    b.end - b.start - (a.end - a.start) ||
    b.confidence - a.confidence ||
    a.start - b.start ||
    compare(a.detector, b.detector) ||
    compare(a.rule, b.rule)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function byStart(a: Match, b: Match): number {
  return a.start - b.start || b.end - a.end || byPrecedence(a, b);
}

/** The place of the first of the winners, which are sorted and do not overlap, that ends past `start`. */
function firstPast(winners: readonly Match[], start: number): number {
  let low = 0;
  let high = winners.length;
  // Matches mostly come in order: the place is the end, or close to it.
  for (let step = 1; step <= high; step *= 2) {
    if ((winners[high - step]?.end ?? 0) > start) high -= step;
    else {
      low = high - step + 1;
      break;
    }
  }
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((winners[middle]?.end ?? 0) > start) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The parts of a loser that no winner covers: a value must not show because another part won. */
function uncovered(match: Match, winners: readonly Match[], first: number): Match[] {
  const parts: Match[] = [];
  let start = match.start;
  for (let i = first; i < winners.length && (winners[i]?.start ?? 0) < match.end; i += 1) {
    const winner = winners[i];
    if (winner === undefined) break;
    if (winner.start > start) parts.push({ ...match, start, end: winner.start });
    start = Math.max(start, winner.end);
  }
  if (start < match.end) parts.push({ ...match, start });
  return parts;
}

function insert(winners: Match[], place: number, match: Match): void {
  if (place === winners.length) winners.push(match);
  else winners.splice(place, 0, match);
}

/** How many of sorted matches differ from the first in nothing but their places. */
function rowLength(cluster: readonly Match[], first: Match): number {
  const length = first.end - first.start;
  let count = 1;
  for (; count < cluster.length; count += 1) {
    const match = cluster[count];
    if (match === undefined || match.rule !== first.rule || match.detector !== first.detector)
      break;
    if (match.end - match.start !== length || match.confidence !== first.confidence) break;
  }
  return count;
}

/**
 * The winners of the first so many matches, a row that differs in nothing but places: each wins what
 * those before it left. A list in which every number is a match comes to this.
 */
function resolveRow(cluster: readonly Match[], count: number): Match[] {
  const winners: Match[] = [];
  let end = -1;
  for (let i = 0; i < count; i += 1) {
    const match = cluster[i];
    if (match === undefined) break;
    if (match.start >= end) winners.push(match);
    else if (match.end > end && strength(match) > PARTS_FROM)
      winners.push({ ...match, start: end });
    else continue;
    end = match.end;
  }
  return winners;
}

/** Whether a match loses against another one wherever the two stand. */
function isLess(match: Match, other: Match): boolean {
  const less = strength(match) - strength(other);
  if (less !== 0) return less < 0;
  const shorter = match.end - match.start - (other.end - other.start);
  return shorter < 0 || (shorter === 0 && match.confidence < other.confidence);
}

/** Keeps the winners sorted, so that a row of thousands of overlapping matches stays cheap. */
function resolveCluster(cluster: Match[]): Match[] {
  const top = cluster[0];
  if (top === undefined || cluster.length === 1) return cluster;
  // A row is mostly all there is, but for what the end of the text cut short.
  const row = rowLength(cluster, top);
  const rest = cluster.slice(row);
  const isRow = rest.every((match) => isLess(match, top));
  const winners = isRow ? resolveRow(cluster, row) : [];
  for (const match of (isRow ? rest : cluster).toSorted(byPrecedence)) {
    const first = firstPast(winners, match.start);
    const overlaps = (winners[first]?.start ?? Infinity) < match.end;
    if (!overlaps) insert(winners, first, match);
    else if (strength(match) > PARTS_FROM) {
      for (const part of uncovered(match, winners, first))
        insert(winners, firstPast(winners, part.start), part);
    }
  }
  return winners;
}

/** The non-overlapping winners of matches sorted by `byStart`. */
export function resolve(matches: readonly Match[]): Match[] {
  const winners: Match[] = [];
  let cluster: Match[] = [];
  let end = -1;
  for (const match of matches) {
    if (match.start >= end && cluster.length > 0) {
      for (const match of resolveCluster(cluster)) winners.push(match);
      cluster = [];
    }
    cluster.push(match);
    end = Math.max(end, match.end);
  }
  for (const match of resolveCluster(cluster)) winners.push(match);
  return winners;
}
