/** Actors as they were, and decisions made again, out of the events that a shard has of them. */
import { actorUntil, type ActorThen } from "#projections/replay/actor.ts";
import {
  explainDecision,
  stateUntil,
  type ExplainedDecision,
  type PrincipalState,
  type Until,
} from "#projections/replay/principal.ts";
import type { Archivist } from "./archivist.ts";

/** Whose state, and until where their stream is folded. */
export interface ActorQuery {
  stream: string;
  until: Until;
}

/** Event `seq` of a stream explained; null when it is no decision. */
export async function explainIn(
  archivist: Archivist,
  { stream, seq }: { stream: string; seq: number },
): Promise<ExplainedDecision | null> {
  const before = await archivist.beginningOf(stream);
  return (await explainDecision(archivist.eventsOf(stream, before?.seq), seq, before)) ?? null;
}

/** A principal as they were. */
export async function principalIn(
  archivist: Archivist,
  { stream, until }: ActorQuery,
): Promise<PrincipalState> {
  const before = await archivist.beginningOf(stream);
  return stateUntil(archivist.eventsOf(stream, before?.seq), until, before);
}

/** A shared budget, a shared limit's counter or the policy as it was; null for another stream. */
export async function actorIn(
  archivist: Archivist,
  { stream, until }: ActorQuery,
): Promise<ActorThen | null> {
  const before = await archivist.beginningOf(stream);
  return actorUntil(stream, archivist.eventsOf(stream), until, before);
}
