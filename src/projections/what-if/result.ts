/** What a draft policy would have changed: counts and sums that add up over streams and shards. */
import { mergeTexts, type TextsTold } from "./texts.ts";

/** Money and decisions of one model, user or day, before (as recorded) and after (under the draft). */
export interface Difference {
  requests: number;
  newlyRefused: number;
  newlyAllowed: number;
  costNanosBefore: number;
  costNanosAfter: number;
}

/** What one rule, limit or budget of the draft changes; a code where nothing has a name. */
export interface RuleDifference {
  newlyRefused: number;
  /** Requests whose prompt it would have hidden something in that nothing hid. */
  newlyRedacted: number;
}

/** One request whose decision changes. */
export interface Changed {
  requestId: string;
  at: number;
  user: string;
  model: string;
  /** Why the draft refuses it; absent when the draft lets it pass. */
  code?: string;
  by?: string;
}

export interface WhatIfResult extends Difference {
  /** Of the newly refused: by a data rule or the guard, and by a limit or a budget. */
  newlyBlocked: number;
  newlyLimited: number;
  /** Requests that pass both ways, in whose prompt a data rule would hide what none hid. */
  newlyRedacted: number;
  /** Requests that would have gone to another provider or model first. */
  rerouted: number;
  /** The most that newly allowed requests would have cost: what they did not use is not known. */
  newlyAllowedBoundNanos: number;
  /** Refusals of which only counts are recorded: they are not decided again. */
  countedRefusals: number;
  /** Members whose books before the record are not known: none of their requests is decided again. */
  unknownMembers: number;
  /** Members who are split: what their actors decided is decided again as one actor would have. */
  splitMembers: number;
  /** Requests of theirs that were collected too late to be decided in the order of their times. */
  splitLate: number;
  byModel: Record<string, Difference>;
  byUser: Record<string, Difference>;
  byDay: Record<string, Difference>;
  byRule: Record<string, RuleDifference>;
  /** When each user would first have been refused what was allowed, milliseconds. */
  firstRefusedAt: Record<string, number>;
  /** The first changed requests. */
  changed: Changed[];
  /** Where only some members were taken. Every number is of those: none is scaled up. */
  sample?: SampleTold;
  /** Where kept texts were read again: which were, and what was found in answers. */
  texts?: TextsTold;
}

/** Who was taken, of those with a decision in the time that was asked for. */
export interface SampleTold {
  /** How much of the members was asked for, above 0 and below 1. */
  share: number;
  /** Members that were taken, and how many there are. */
  members: number;
  of: number;
}

const changedMax = 200;

export function noDifference(): Difference {
  return { requests: 0, newlyRefused: 0, newlyAllowed: 0, costNanosBefore: 0, costNanosAfter: 0 };
}

export function emptyResult(): WhatIfResult {
  return {
    ...noDifference(),
    newlyBlocked: 0,
    newlyLimited: 0,
    newlyRedacted: 0,
    rerouted: 0,
    newlyAllowedBoundNanos: 0,
    countedRefusals: 0,
    unknownMembers: 0,
    splitMembers: 0,
    splitLate: 0,
    byModel: {},
    byUser: {},
    byDay: {},
    byRule: {},
    firstRefusedAt: {},
    changed: [],
  };
}

/** What one request counts in: the whole, its model's, its user's and its day's. */
export function groupsOf(
  result: WhatIfResult,
  of: { model: string; user: string; at: number },
): Difference[] {
  return [
    result,
    (result.byModel[of.model] ??= noDifference()),
    (result.byUser[of.user] ??= noDifference()),
    (result.byDay[dayOf(of.at)] ??= noDifference()),
  ];
}

const DAY_MS = 86_400_000;
/** The last day that was asked for: requests come nearly in order, and a date's text is dear. */
let lastDay = { day: -1, text: "" };

/** A moment's day in UTC, as in `2026-11-21`. */
function dayOf(at: number): string {
  const day = Math.floor(at / DAY_MS);
  if (lastDay.day !== day) lastDay = { day, text: new Date(at).toISOString().slice(0, 10) };
  return lastDay.text;
}

/** What a rule of the draft changes, to be counted on. */
export function ruleOf(result: WhatIfResult, name: string): RuleDifference {
  return (result.byRule[name] ??= { newlyRefused: 0, newlyRedacted: 0 });
}

export function noteChanged(result: WhatIfResult, changed: Changed): void {
  if (result.changed.length < changedMax) result.changed.push(changed);
  if (changed.code !== undefined) {
    const known = result.firstRefusedAt[changed.user] ?? Infinity;
    result.firstRefusedAt[changed.user] = Math.min(known, changed.at);
  }
}

function sum(x: Difference, y: Difference): Difference {
  return {
    requests: x.requests + y.requests,
    newlyRefused: x.newlyRefused + y.newlyRefused,
    newlyAllowed: x.newlyAllowed + y.newlyAllowed,
    costNanosBefore: x.costNanosBefore + y.costNanosBefore,
    costNanosAfter: x.costNanosAfter + y.costNanosAfter,
  };
}

function mergeSamples(a?: SampleTold, b?: SampleTold): { sample?: SampleTold } {
  const one = a ?? b;
  if (a === undefined || b === undefined) return one === undefined ? {} : { sample: one };
  return { sample: { share: a.share, members: a.members + b.members, of: a.of + b.of } };
}

function mergeRules(
  x: Record<string, RuleDifference>,
  y: Record<string, RuleDifference>,
): Record<string, RuleDifference> {
  const merged = { ...x };
  for (const [name, { newlyRefused, newlyRedacted }] of Object.entries(y)) {
    const known = merged[name] ?? { newlyRefused: 0, newlyRedacted: 0 };
    merged[name] = {
      newlyRefused: known.newlyRefused + newlyRefused,
      newlyRedacted: known.newlyRedacted + newlyRedacted,
    };
  }
  return merged;
}

/** The result of two shards together. */
export function mergeResults(a: WhatIfResult, b: WhatIfResult): WhatIfResult {
  const groups = (x: Record<string, Difference>, y: Record<string, Difference>) => {
    const merged = { ...x };
    for (const [name, one] of Object.entries(y))
      merged[name] = sum(merged[name] ?? noDifference(), one);
    return merged;
  };
  const firstRefusedAt = { ...a.firstRefusedAt };
  for (const [user, at] of Object.entries(b.firstRefusedAt)) {
    firstRefusedAt[user] = Math.min(firstRefusedAt[user] ?? Infinity, at);
  }
  return {
    ...sum(a, b),
    ...mergeSamples(a.sample, b.sample),
    ...mergeTexts(a.texts, b.texts),
    newlyBlocked: a.newlyBlocked + b.newlyBlocked,
    newlyLimited: a.newlyLimited + b.newlyLimited,
    newlyRedacted: a.newlyRedacted + b.newlyRedacted,
    rerouted: a.rerouted + b.rerouted,
    newlyAllowedBoundNanos: a.newlyAllowedBoundNanos + b.newlyAllowedBoundNanos,
    countedRefusals: a.countedRefusals + b.countedRefusals,
    unknownMembers: a.unknownMembers + b.unknownMembers,
    splitMembers: a.splitMembers + b.splitMembers,
    splitLate: a.splitLate + b.splitLate,
    byModel: groups(a.byModel, b.byModel),
    byUser: groups(a.byUser, b.byUser),
    byDay: groups(a.byDay, b.byDay),
    byRule: mergeRules(a.byRule, b.byRule),
    firstRefusedAt,
    changed: [...a.changed, ...b.changed].sort((x, y) => x.at - y.at).slice(0, changedMax),
  };
}
