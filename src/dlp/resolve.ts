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

/** The parts of a loser that no winner covers: a value must not show because another part won. */
function uncovered(match: Match, winners: readonly Match[]): Match[] {
  let parts: Match[] = [match];
  for (const winner of winners) {
    parts = parts.flatMap((part) => {
      if (winner.end <= part.start || winner.start >= part.end) return [part];
      const left = winner.start > part.start ? [{ ...part, end: winner.start }] : [];
      const right = winner.end < part.end ? [{ ...part, start: winner.end }] : [];
      return [...left, ...right];
    });
  }
  return parts;
}

function resolveCluster(cluster: Match[]): Match[] {
  if (cluster.length === 1) return cluster;
  const winners: Match[] = [];
  for (const match of cluster.toSorted(byPrecedence)) {
    const overlaps = winners.some((other) => other.start < match.end && match.start < other.end);
    if (!overlaps) winners.push(match);
    else if (strength(match) > 2) winners.push(...uncovered(match, winners));
  }
  return winners.toSorted(byStart);
}

/** The non-overlapping winners of matches sorted by `byStart`. */
export function resolve(matches: readonly Match[]): Match[] {
  const winners: Match[] = [];
  let cluster: Match[] = [];
  let end = -1;
  for (const match of matches) {
    if (match.start >= end && cluster.length > 0) {
      winners.push(...resolveCluster(cluster));
      cluster = [];
    }
    cluster.push(match);
    end = Math.max(end, match.end);
  }
  if (cluster.length > 0) winners.push(...resolveCluster(cluster));
  return winners;
}
