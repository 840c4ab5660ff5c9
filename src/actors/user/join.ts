/** What an actor of a member who is split asks the member's first one before it serves. */
import type { Env } from "#actors/kit/env.ts";
import { userStream } from "#actors/kit/names.ts";
import type { AdmitCommand } from "./commands.ts";

/** The member's keys that are refused already: later ones are told to every actor. */
export async function fencedBefore(env: Env, { home, request }: AdmitCommand): Promise<string[]> {
  const first = userStream(env.TALLYGATE_SECRET, home.organisation, request.member);
  return first === home.stream ? [] : env.USERS.getByName(first).fencedKeys();
}
