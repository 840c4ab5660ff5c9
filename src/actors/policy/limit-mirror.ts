/**
 * Tells the nodes of shared budgets what a new policy version says, until each says that it holds.
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
import type { MemberData } from "#events/policy-events.ts";
import { isShared } from "#policy/compile.ts";
import { pastOfNode, sharedNodes, type NodePast, type SharedNode } from "#policy/shared.ts";
import { currentDocument } from "./documents.ts";
import { limitLanes, limitRetryMaxMs, limitRetryMs } from "./limits.ts";
import { actorsOf, type PolicyState } from "./state.ts";

export class LimitMirror {
  readonly #env: Env;
  #version = 0;
  #effective = new Set<string>();
  /** Members who have told what they spent before budgets of this version counted, and which. */
  #asked = new Set<string>();
  #askedOf = new Set<string>();
  #tries = 0;
  #retryAt = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  /** When there is something to tell, milliseconds; 1 for at once, as alarms know no 0. */
  dueAt({ current, limitsEffective }: PolicyState): number | undefined {
    if (current === undefined || current.version <= limitsEffective) return undefined;
    const hasShared = currentDocument(current).budgets.some(({ scope }) => isShared(scope));
    if (!hasShared) return undefined;
    return current.version === this.#version ? this.#retryAt : 1;
  }

  /** Tells every node that has not answered yet; the nodes once all hold, else undefined. */
  async work(
    state: PolicyState,
    at: number,
  ): Promise<{ version: number; nodes: SharedNode[] } | undefined> {
    const { current, organisation } = state;
    if (current === undefined || organisation === undefined) return undefined;
    const { version } = current;
    if (version !== this.#version) {
      this.#version = version;
      this.#effective = new Set();
      this.#asked = new Set();
      this.#askedOf = new Set();
      this.#tries = 0;
    }
    this.#tries += 1;
    this.#retryAt = at + Math.min(limitRetryMs * 2 ** (this.#tries - 1), limitRetryMaxMs);
    const teams = [...state.members.values()].flatMap(({ team }) => team ?? []);
    const nodes = sharedNodes(currentDocument(current), teams);
    const lacking = await this.#tellAll(nodes, state);
    const isInForce = state.pending.every((waiting) => waiting.version > version);
    if (lacking.length > 0 && isInForce && (await this.#askMembers(lacking, nodes, state, at))) {
      await this.#tellAll(lacking, state, true);
    }
    const isDone =
      version === this.#version && nodes.every((node) => this.#effective.has(keyOf(node)));
    return isDone ? { version, nodes } : undefined;
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
    state: PolicyState,
    at: number,
  ): Promise<boolean> {
    const { current, members, departed } = state;
    if (current === undefined) return false;
    if (lacking.some((node) => !this.#askedOf.has(keyOf(node)))) {
      this.#asked = new Set();
      this.#askedOf = new Set(lacking.map(keyOf));
    }
    const newAbove = new Set(lacking.map(({ budget }) => budget));
    const below = all.filter(({ parent = "" }) => newAbove.has(parent));
    const document = currentDocument(current);
    const openings = [...new Set([...lacking, ...below])].map((node) => {
      const past = pastOfNode(document, node, at);
      // One that lacks nothing is only told of its parent.
      const whole = past.whole && lacking.includes(node);
      const under = all.filter(({ parent }) => parent === node.budget);
      const names = [...new Set(under.map(({ budget }) => budget))];
      const opening = openingOf(node, { ...past, whole });
      return { past, opening: isTop(node) ? { ...opening, below: names } : opening };
    });
    const everybody = [...members.values(), ...departed.map(({ member }) => member)];
    const rest = everybody.filter(({ id }) => !this.#asked.has(id));
    const asked = this.#asked;
    await inLanes(rest, async (member) => {
      const own = openings.filter(({ past }) => past.counts(member));
      const told = await this.#ask(
        member,
        own.map(({ opening }) => opening),
        state,
        current.version,
      ).then(
        () => true,
        () => false,
      );
      if (told) asked.add(member.id);
    });
    return rest.every(({ id }) => asked.has(id));
  }

  async #ask(
    { id }: MemberData,
    openings: LeaseOpening[],
    state: PolicyState,
    version: number,
  ): Promise<void> {
    if (openings.length === 0) return;
    const { organisation = "", ledgerShards } = state;
    const { TALLYGATE_SECRET: secret, USERS: users } = this.#env;
    for (const stream of userStreams(secret, organisation, id, actorsOf(state, id))) {
      const ledger = ledgerName(secret, organisation, stream, ledgerShards);
      const home = { organisation, stream, ledger };
      await users.getByName(stream).openLeases({ home, ledgerShards, version, openings });
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
    const command = { home, ledgerShards, version, ...node };
    return budgets.getByName(stream).setLimit(counted ? { ...command, counted } : command);
  }
}

/** Does `work` for each, some at a time. */
async function inLanes<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = [...all];
  const lane = async (): Promise<void> => {
    for (let one = rest.pop(); one !== undefined; one = rest.pop()) await work(one);
  };
  await Promise.all(Array.from({ length: limitLanes }, lane));
}

function openingOf(
  { budget, scope, parent }: SharedNode,
  { period, whole }: NodePast,
): LeaseOpening {
  const { kind, periodKey, startsAt, resetsAt } = period;
  const lease = { budget, scope, period: kind, periodKey, resetsAt };
  return { lease, startsAt, parent, whole };
}

function isTop({ scope }: SharedNode): boolean {
  return scope === "organisation";
}

function keyOf({ budget, scope }: SharedNode): string {
  return `${budget} ${scope}`;
}
