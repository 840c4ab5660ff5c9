/** Which of overlapping matches wins: the strongest action, then the longest, then the surest. */
import type { DlpAction } from "./rule.ts";
import { cutTo, type Match } from "./match.ts";

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
    if (winner.start > start) parts.push(cutTo(match, start, winner.start));
    start = Math.max(start, winner.end);
  }
  if (start < match.end) parts.push(cutTo(match, start, match.end));
  return parts;
}

function insert(winners: Match[], place: number, match: Match): void {
  if (place === winners.length) winners.push(match);
  else winners.splice(place, 0, match);
}

/** More kinds of matches in one cluster are sorted, and placed one by one. */
const KINDS_MAX = 8;

/** Matches of one action, length and confidence, in the order of their starts. */
interface Kind {
  readonly first: Match;
  readonly matches: readonly Match[];
}

/** Matches sorted by `byStart` as their kinds, the one that wins first; undefined where there are too many. */
function kindsOf(cluster: readonly Match[]): readonly Kind[] | undefined {
  const [first] = cluster;
  if (first === undefined) return [];
  const kinds = [{ first, matches: [first] }];
  for (let i = 1; i < cluster.length; i += 1) {
    const match = cluster[i];
    if (match === undefined) break;
    const known = kindFor(kinds, match);
    if (known !== undefined) known.matches.push(match);
    else if (kinds.push({ first: match, matches: [match] }) > KINDS_MAX) return undefined;
  }
  return kinds.toSorted((a, b) => byPrecedence(a.first, b.first));
}

function kindFor<K extends Kind>(kinds: readonly K[], match: Match): K | undefined {
  for (let k = 0; k < kinds.length; k += 1) {
    const kind = kinds[k];
    if (kind !== undefined && isOfKind(kind.first, match)) return kind;
  }
  return undefined;
}

function isOfKind(first: Match, match: Match | undefined): boolean {
  return (
    match !== undefined &&
    first.end - first.start === match.end - match.start &&
    first.confidence === match.confidence &&
    first.action === match.action &&
    first.enforced === match.enforced
  );
}

/**
 * The winners among those so far and the matches of the next kind, both sorted: one walk over both.
 * Matches of one kind win what those before them left.
 */
function merge(winners: readonly Match[], { first, matches }: Kind): Match[] {
  const parts = strength(first) > PARTS_FROM;
  const merged: Match[] = [];
  let end = -1;
  let next = 0;
  for (let i = 0; i < matches.length; i += 1) {
    const match = matches[i];
    if (match === undefined) break;
    let winner = winners[next];
    for (; winner !== undefined && winner.end <= match.start; winner = winners[next]) {
      merged.push(winner);
      end = winner.end;
      next += 1;
    }
    const free = end <= match.start && (winner === undefined || winner.start >= match.end);
    if (free) {
      merged.push(match);
      end = match.end;
    }
    if (free || !parts) continue;
    for (let start = Math.max(match.start, end); start < match.end; start = end) {
      const to = winner === undefined ? match.end : Math.min(winner.start, match.end);
      if (start < to) {
        merged.push(cutTo(match, start, to));
        end = to;
      } else if (winner !== undefined) {
        merged.push(winner);
        end = winner.end;
        next += 1;
        winner = winners[next];
      }
    }
  }
  for (; next < winners.length; next += 1) {
    const winner = winners[next];
    if (winner !== undefined) merged.push(winner);
  }
  return merged;
}

/** Keeps the winners sorted, so that thousands of overlapping matches stay cheap. */
function resolveCluster(cluster: readonly Match[]): readonly Match[] {
  const kinds = kindsOf(cluster);
  if (kinds !== undefined) return kinds.reduce<Match[]>(merge, []);
  const winners: Match[] = [];
  for (const match of cluster.toSorted(byPrecedence)) {
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

/** The same for matches of one kind, as most rows of values are: each wins what those before it left. */
function takeRow(matches: readonly Match[], from: number, to: number, winners: Match[]): void {
  let end = -1;
  for (let i = from; i < to; i += 1) {
    const match = matches[i];
    if (match === undefined) return;
    if (match.start >= end) winners.push(match);
    else if (match.end > end && strength(match) > PARTS_FROM)
      winners.push(cutTo(match, end, match.end));
    else continue;
    end = match.end;
  }
}

/** The non-overlapping winners of matches sorted by `byStart`. */
export function resolve(matches: readonly Match[]): Match[] {
  const winners: Match[] = [];
  for (let from = 0; from < matches.length;) {
    const first = matches[from];
    if (first === undefined) break;
    let { end } = first;
    let to = from + 1;
    let row = true;
    for (; to < matches.length; to += 1) {
      const match = matches[to];
      if (match === undefined || match.start >= end) break;
      if (match.end > end) end = match.end;
      if (row && !isOfKind(first, match)) row = false;
    }
    if (to - from === 1) winners.push(first);
    else if (row) takeRow(matches, from, to, winners);
    else {
      const cluster = resolveCluster(matches.slice(from, to));
      for (let i = 0; i < cluster.length; i += 1) {
        const winner = cluster[i];
        if (winner !== undefined) winners.push(winner);
      }
    }
    from = to;
  }
  return winners;
}
