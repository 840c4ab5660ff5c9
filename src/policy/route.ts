/**
 * Which route takes a request, and in which order its candidates are asked.
 *
 * Invariants: everything is a function of the policy version and of facts that the admission
 * records, so a replay picks the same; a draw is a hash, so the same request (or user, or session)
 * always draws alike, and a share that grows keeps those who were in it; candidates of a lower
 * priority always come before those of a higher one, whatever the balance.
 */
import { sha256Hex } from "#events/sha256.ts";
import type { RouteData } from "#events/user-events.ts";
import { hourOf } from "./calendar.ts";
import { type ClockRange, inClockRange } from "./clock.ts";
import { compileMatches, type MatchTest } from "./match.ts";
import { compilePatterns, matchesModel } from "./pattern.ts";
import type { PolicyRoute, PolicyRouteWhen } from "./route-schema.ts";
import type { Subject } from "./when.ts";

/** What a route may look at beside who asks. */
export interface RoutingFacts {
  requestId: string;
  /** When it was asked, milliseconds. */
  at: number;
  stream: boolean;
  /** The prompt's tokens, estimated. */
  promptTokens: number;
  /** Whether the prompt guard found something. */
  guarded: boolean;
  metadata: Readonly<Record<string, string | number | boolean>>;
  /**
   * The address and the headers; absent when a recorded request is asked again, as no record holds
   * them. Then the route that took it before is taken to match again.
   */
  wire?: { path: string; header(name: string): string | null };
  /** The route that took the request when it was recorded. */
  tookBefore?: string | undefined;
  /** How fast a provider's model answered lately, milliseconds; undefined when nobody knows. */
  latencyMsOf(provider: string, model: string): number | undefined;
}

export type DrawBy = "request" | "user" | "session";

/** A route's conditions beside those of `when.ts`; `undefined` facts match whatever they are. */
export type RouteTest = (subject: Subject, facts: RoutingFacts) => boolean;

/** How candidates are asked. */
export interface Serving {
  balance: "order" | "weight" | "latency";
  balanceBy: DrawBy;
  hedgeAfterMs?: number;
  answerRetries?: number;
  streamRetries?: number;
  /** What a route says of keeping its answers. */
  cache?: PolicyRoute["cache"];
}

export interface Balanced {
  priority: number;
  weight: number;
  provider: string;
  model: string;
}

const drawsMax = 1_000_000;

/** A number from 0 up to, not at, a million, drawn evenly. */
export function drawOf(salt: string, subject: Subject, facts: RoutingFacts, by: DrawBy): number {
  return Math.floor(unitOf(salt, subject, facts, by) * drawsMax);
}

function unitOf(salt: string, subject: Subject, facts: RoutingFacts, by: DrawBy): number {
  const of = {
    request: facts.requestId,
    user: subject.memberId,
    // Who names no session is one with themselves.
    session: subject.session ?? subject.memberId,
  }[by];
  const hex = sha256Hex(JSON.stringify([salt, by, of])).slice(0, 12);
  return Number.parseInt(hex, 16) / 2 ** 48;
}

/** Compiles what a route looks at beside who asks. `name` is the route's, its draw's by default. */
export function compileRouteWhen(name: string, when: PolicyRouteWhen, timeZone: string): RouteTest {
  const tests: RouteTest[] = [];
  const { metadata, headers, paths, promptTokens, hours, stream, guarded, share } = when;
  if (metadata !== undefined) {
    const all = compileMatches(metadata);
    tests.push((_subject, facts) => passes(all, (field) => facts.metadata[field]));
  }
  if (headers !== undefined) {
    const all = compileMatches(headers);
    tests.push((_subject, { wire, tookBefore }) =>
      wire === undefined
        ? tookBefore === name
        : passes(all, (field) => wire.header(field) ?? undefined),
    );
  }
  if (paths !== undefined) {
    const matcher = compilePatterns(paths);
    tests.push((_subject, { wire, tookBefore }) =>
      wire === undefined ? tookBefore === name : matchesModel(matcher, wire.path),
    );
  }
  if (promptTokens !== undefined) {
    const { atLeast = 0, atMost = Infinity } = promptTokens;
    tests.push((_subject, facts) => atLeast <= facts.promptTokens && facts.promptTokens <= atMost);
  }
  if (hours !== undefined) {
    const range: ClockRange = hours;
    tests.push((_subject, { at }) => inClockRange(range, hourOf(at, timeZone)));
  }
  if (stream !== undefined) tests.push((_subject, facts) => facts.stream === stream);
  if (guarded !== undefined) tests.push((_subject, facts) => facts.guarded === guarded);
  if (share !== undefined) {
    const { from, to, by, draw = name } = share;
    tests.push((subject, facts) => {
      const drawn = drawOf(draw, subject, facts, by);
      return drawn >= percent(from) && drawn < percent(to);
    });
  }
  return (subject, facts) => tests.every((test) => test(subject, facts));
}

function percent(share: number): number {
  return Math.round((share / 100) * drawsMax);
}

function passes(
  all: readonly [string, MatchTest][],
  valueOf: (field: string) => string | number | boolean | undefined,
): boolean {
  return all.every(([field, test]) => test(valueOf(field)));
}

/**
 * Candidates in the order of asking. `salt` names the tier or route, so that two of them do not
 * lean to the same side. By weight it is a weighted rendezvous: one that leaves moves only its own.
 */
export function inBalance<T extends Balanced>(
  candidates: readonly T[],
  serving: Serving,
  salt: string,
  subject: Subject,
  facts: RoutingFacts | undefined,
): readonly T[] {
  if (serving.balance === "order" || facts === undefined || candidates.length < 2) {
    return candidates;
  }
  const rank =
    serving.balance === "latency"
      ? ({ provider, model }: T) => facts.latencyMsOf(provider, model) ?? -1
      : ({ provider, model, weight }: T) =>
          scoreOf(
            unitOf(`${salt}/${provider}/${model}`, subject, facts, serving.balanceBy),
            weight,
          );
  return candidates
    .map((candidate) => ({ candidate, rank: rank(candidate) }))
    .toSorted((a, b) => a.candidate.priority - b.candidate.priority || a.rank - b.rank)
    .map(({ candidate }) => candidate);
}

/** An exponential draw: the least of several is each one's with the chance of its weight. */
function scoreOf(unit: number, weight: number): number {
  return weight === 0 ? Number.MAX_VALUE : -Math.log(unit + 2 ** -49) / weight;
}

/** What the admission records of a pick, so that it can be made again. */
export function pickOf(
  route: string | undefined,
  serving: Serving,
  chain: readonly { provider: string; model: string }[],
  facts: RoutingFacts,
): RouteData | undefined {
  const data: RouteData = {};
  if (route !== undefined) data.name = route;
  if (serving.balance !== "order") data.balance = serving.balance;
  if (serving.balance === "latency") {
    const known = chain.flatMap(({ provider, model }) => {
      const ms = facts.latencyMsOf(provider, model);
      return ms === undefined ? [] : [[`${provider}/${model}`, ms] as const];
    });
    data.latencyMs = Object.fromEntries(known);
  }
  return Object.keys(data).length === 0 ? undefined : data;
}
