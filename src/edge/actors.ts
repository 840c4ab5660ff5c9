/**
 * How the edge talks to actors: by name, with a fresh stub each time, trying again only what is
 * idempotent. Names are HMACs, so they hold no personal data; an isolate remembers them.
 */
import type { Env } from "#actors/kit/env.ts";
import { ledgerName, userStream } from "#actors/kit/names.ts";
import type { Home } from "#actors/user/commands.ts";
import type { Principal } from "#policy/snapshot.ts";
import { GatewayError } from "./errors.ts";
import { actorTriesMax, principalsCachedMax } from "./limits.ts";

const homes = new Map<string, Home>();

/** Where a principal's stream lives and who collects it; one of several, where they are split. */
export function homeOf(env: Env, principal: Principal, ledgerShards: number, shard = 0): Home {
  const { organisation, member } = principal;
  const id = `${organisation}/${shard}/${member.id}`;
  let home = homes.get(id);
  if (home === undefined) {
    const stream = userStream(env.TALLYGATE_SECRET, organisation, member.id, shard);
    const ledger = ledgerName(env.TALLYGATE_SECRET, organisation, stream, ledgerShards);
    home = { organisation, stream, ledger };
    if (homes.size >= principalsCachedMax) homes.clear();
    homes.set(id, home);
  }
  return home;
}

/**
 * Calls an actor, again with a new stub when the runtime says that helps. Only for commands that
 * are idempotent; an overloaded actor is never asked twice.
 */
export async function askActor<T>(call: () => Promise<T>, tries = actorTriesMax): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
      if (overloaded === true || retryable !== true || attempt >= tries) {
        throw new GatewayError(
          "actor_unavailable",
          "The books of this account cannot be reached, so nothing is let through. Try again in a moment.",
          { cause: error },
        );
      }
    }
  }
}
