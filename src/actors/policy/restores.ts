/** Orders to put an actor back: what the edge is answered. */
import type { AppendedFact } from "#actors/kit/event-sourced-actor.ts";
import type { PolicyFact } from "#events/policy-events.ts";
import type { OrderAnswer } from "./api.ts";

/** The order's number, or why there is none. */
export function orderAnswer([appended]: readonly AppendedFact<PolicyFact>[]): OrderAnswer {
  if (appended?.fact.type === "RestoreOrdered") return { ok: true, order: appended.seq };
  const message = "Another actor of this organisation is being restored: one at a time.";
  return { ok: false, code: "restore_under_way", message };
}
