/**
 * Tells the nodes of shared budgets, and the counters of shared rates, what a new policy version
 * says, until each says that it holds.
 *
 * Invariants: a node hears of a version at least once and follows only newer ones, so messages may be
 * repeated and overtake each other; what is left to do is worked out from the state and the nodes'
 * answers, so no crash forgets it; a budget that lacks its past has it asked of every member once
 * nothing is admitted under an older version, and nobody above it calls itself whole before it.
 */
import type { LimitReply } from "#actors/budget/api.ts";
import type { Env } from "#actors/kit/env.ts";
import { budgetStream, ledgerName, userStreams } from "#actors/kit/names.ts";
import type { LeaseOpening } from "#actors/user/lease-past.ts";
import { isShared } from "#policy/compile.ts";
import { sharedPick } from "#policy/picks.ts";
import {
  newRates,
  pastOfNode,
  sharedNodes,
  sinceOfNode,
  type NodePast,
  type SharedNode,
  type SharedRate,
} from "#policy/shared.ts";
import { currentDocument } from "./documents.ts";
import { inLanes } from "./lanes.ts";
import { limitRetryMaxMs, limitRetryMs } from "./limits.ts";
import { keyOf as keyOfRate, RateMirror } from "./rate-mirror.ts";
import { actorsOf, type PolicyState } from "./state.ts";

/** What holds under a version. */
export interface ToldLimits {
  version: number;
  nodes: SharedNode[];
  rates: SharedRate[];
}

export class LimitMirror {
  readonly #env: Env;
  #version = 0;
  #effective = new Set<string>();
  /** Members who have told what they spent before budgets of this version counted, and which. */
  #asked = new Set<string>();
  readonly #rates: RateMirror;
  /** A version that has nothing to tell. */
  #idle = 0;
  #askedOf = new Set<string>();
  #tries = 0;
  #retryAt = 0;

  constructor(env: Env) {
    this.#env = env;
    this.#rates = new RateMirror(env);
  }

  /** When there is something to tell, milliseconds; 1 for at once, as alarms know no 0. */
  dueAt({ current, limitsEffective, since }: PolicyState): number | undefined {
    if (current === undefined || current.version <= limitsEffective) return undefined;
    if (current.version === this.#idle) return undefined;
    const { budgets, limits } = currentDocument(current);
    const hasShared = budgets.some(({ scope }) => isShared(scope));
    // Those of the first policy have no past.
    const isLate = ({ name }: { name: string }): boolean => (since?.limits[name] ?? 0) > 0;
    const hasRates = limits.some((limit) => isShared(limit.scope) && isLate(limit));
    if (!hasShared && !hasRates) return undefined;
    return current.version === this.#version ? this.#retryAt : 1;
  }

  /** Tells every node that has not answered yet; the nodes once all hold, else undefined. */
  async work(state: PolicyState, at: number): Promise<ToldLimits | undefined> {
    const { current, organisation } = state;
    if (current === undefined || organisation === undefined) return undefined;
    const { version } = current;
    if (version !== this.#version) {
      this.#version = version;
      this.#effective = new Set();
      this.#asked = new Set();
      this.#askedOf = new Set();
      this.#rates.reset();
      this.#tries = 0;
    }
    this.#tries += 1;
    this.#retryAt = at + Math.min(limitRetryMs * 2 ** (this.#tries - 1), limitRetryMaxMs);
    const teams = [...state.members.values()].flatMap(({ team }) => team ?? []);
    const document = currentDocument(current);
    const nodes = sharedNodes(document, teams);
    const rates = newRates(document, teams, state.since?.limits, at);
    if (nodes.length + rates.length === 0) this.#idle = version;
    const lacking = await this.#tellAll(nodes, state);
    const unheard = await this.#rates.tell(rates, state);
    const isInForce = state.pending.every((waiting) => waiting.version > version);
    const asks = isInForce && lacking.length + unheard.length > 0;
    if (asks && (await this.#askMembers(lacking, nodes, unheard, state, at))) {
      await this.#tellAll(lacking, state, true);
      await this.#rates.tell(unheard, state, true);
    }
    const isTold =
      version === this.#version && nodes.every((node) => this.#effective.has(keyOf(node)));
    const isDone = isTold && this.#rates.isDone(rates) && version !== this.#idle;
    return isDone ? { version, nodes, rates } : undefined;
  }

  /** Tells those that are not effective; the nodes that lack what was spent before. */
  async #tellAll(
    nodes: readonly SharedNode[],
    state: PolicyState,
    counted = false,
  ): Promise<SharedNode[]> {
    const { version } = state.current ?? { version: 0 };
    const effective = this.#effective;
    const lacking: SharedNode[] = [];
    let failed = false;
    const tell = async (node: SharedNode): Promise<void> => {
      const reply = await this.#tell(node, version, state, counted).catch(() => undefined);
      if (reply === undefined) failed = true;
      else if (reply.effective && reply.version >= version) effective.add(keyOf(node));
      if (reply?.counted === false) lacking.push(node);
    };
    const rest = nodes.filter((node) => !effective.has(keyOf(node)));
    const [above, below] = [rest.filter(isTop), rest.filter((node) => !isTop(node))];
    if (!counted) await inLanes(above, tell);
    await inLanes(below, tell);
    // What is above counts what those below it have told it.
    if (counted && !failed) await inLanes(above, tell);
    return failed ? [] : lacking;
  }

  /** Asks who has not answered yet what they spent; true once everybody has. */
  async #askMembers(
    lacking: readonly SharedNode[],
    all: readonly SharedNode[],
    rates: readonly SharedRate[],
    state: PolicyState,
    at: number,
  ): Promise<boolean> {
    const { current, members, departed } = state;
    if (current === undefined) return false;
    const keys = [...lacking.map(keyOf), ...rates.map(keyOfRate)];
    if (keys.some((key) => !this.#askedOf.has(key))) {
      this.#asked = new Set();
      this.#askedOf = new Set(keys);
    }
    const newAbove = new Set(lacking.map(({ budget }) => budget));
    const below = all.filter(({ parent = "" }) => newAbove.has(parent));
    const document = currentDocument(current);
    const openings = [...new Set([...lacking, ...below])].map((node) => {
      const past = pastOfNode(document, node, state.since?.budgets, at);
      const under = all.filter(({ parent }) => parent === node.budget);
      const names = [...new Set(under.map(({ budget }) => budget))];
      const opening = openingOf(node, past, lacking.includes(node));
      return isTop(node) ? { ...opening, below: names } : opening;
    });
    const everybody = [...members.values(), ...departed.map(({ member }) => member)];
    const rest = everybody.filter(({ id }) => !this.#asked.has(id));
    const asked = this.#asked;
    await inLanes(rest, async ({ id }) => {
      const told = await this.#ask(id, openings, rates, state, current.version).then(
        () => true,
        () => false,
      );
      if (told) asked.add(id);
    });
    return rest.every(({ id }) => asked.has(id));
  }

  async #ask(
    id: string,
    openings: readonly LeaseOpening[],
    rates: readonly SharedRate[],
    state: PolicyState,
    version: number,
  ): Promise<void> {
    const { organisation = "", ledgerShards } = state;
    const { TALLYGATE_SECRET: secret, USERS: users } = this.#env;
    const own = {
      openings: openings.map((one) => ({ ...one, when: one.when && sharedPick(one.when, id) })),
      rates: rates.map(({ limit, when }) => ({ limit, when: when && sharedPick(when, id) })),
    };
    for (const stream of userStreams(secret, organisation, id, actorsOf(state, id))) {
      const ledger = ledgerName(secret, organisation, stream, ledgerShards);
      const home = { organisation, stream, ledger };
      await users.getByName(stream).openLeases({ home, ledgerShards, version, ...own });
    }
  }

  #tell(
    node: SharedNode,
    version: number,
    state: PolicyState,
    counted: boolean,
  ): Promise<LimitReply> {
    const { organisation = "", ledgerShards } = state;
    const { TALLYGATE_SECRET: secret, BUDGETS: budgets } = this.#env;
    const stream = budgetStream(secret, organisation, node.budget, node.scope);
    const ledger = ledgerName(secret, organisation, stream, ledgerShards);
    const home = { organisation, stream, ledger };
    const document = state.current && currentDocument(state.current);
    const since = document && sinceOfNode(document, node, state.since?.budgets);
    const own = { home, ledgerShards, version, ...node };
    const command = since === undefined ? own : { ...own, since };
    return budgets.getByName(stream).setLimit(counted ? { ...command, counted } : command);
  }
}

/** One that lacks nothing is only told of its parent. */
function openingOf(
  { budget, scope, parent }: SharedNode,
  { period, whole, when, since }: NodePast,
  lacks: boolean,
): LeaseOpening {
  const { kind, periodKey, startsAt, resetsAt } = period;
  const lease = { budget, scope, period: kind, periodKey, resetsAt };
  const opening = { lease, startsAt, parent, whole: whole && lacks };
  if (whole) return opening;
  // Its past is read once, whenever it is asked.
  return { ...opening, when, since };
}

function isTop({ scope }: SharedNode): boolean {
  return scope === "organisation";
}

function keyOf({ budget, scope }: SharedNode): string {
  return `${budget} ${scope}`;
}
