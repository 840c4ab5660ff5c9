/**
 * Tells the nodes of shared budgets what a new policy version says, until each says that it holds.
 *
 * Invariants: a node hears of a version at least once and follows only newer ones, so messages may be
 * repeated and overtake each other; what is left to do is worked out from the state, so no crash
 * forgets it.
 */
import type { Env } from "#actors/kit/env.ts";
import { budgetStream, ledgerName } from "#actors/kit/names.ts";
import { sharedNodes, type SharedNode } from "#policy/shared.ts";
import { currentDocument } from "./documents.ts";
import { limitLanes, limitRetryMaxMs, limitRetryMs } from "./limits.ts";
import type { PolicyState } from "./state.ts";

export class LimitMirror {
  readonly #env: Env;
  #version = 0;
  #effective = new Set<string>();
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
      this.#tries = 0;
    }
    this.#tries += 1;
    this.#retryAt = at + Math.min(limitRetryMs * 2 ** (this.#tries - 1), limitRetryMaxMs);
    const teams = [...state.members.values()].flatMap(({ team }) => team ?? []);
    const nodes = sharedNodes(currentDocument(current), teams);
    const rest = nodes.filter((node) => !this.#effective.has(keyOf(node)));
    const effective = this.#effective;
    const lane = async (): Promise<void> => {
      for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
        const isEffective = await this.#tell(node, version, state).catch(() => false);
        if (isEffective) effective.add(keyOf(node));
      }
    };
    await Promise.all(Array.from({ length: limitLanes }, lane));
    const isDone = version === this.#version && nodes.every((node) => effective.has(keyOf(node)));
    return isDone ? { version, nodes } : undefined;
  }

  async #tell(node: SharedNode, version: number, state: PolicyState): Promise<boolean> {
    const { organisation = "", ledgerShards } = state;
    const { TALLYGATE_SECRET: secret, BUDGETS: budgets } = this.#env;
    const stream = budgetStream(secret, organisation, node.budget, node.scope);
    const ledger = ledgerName(secret, organisation, stream, ledgerShards);
    const home = { organisation, stream, ledger };
    const reply = await budgets.getByName(stream).setLimit({ home, version, ...node });
    return reply.effective && reply.version >= version;
  }
}

function isShared(scope: string): boolean {
  return scope === "team" || scope === "organisation";
}

function keyOf({ budget, scope }: SharedNode): string {
  return `${budget} ${scope}`;
}
