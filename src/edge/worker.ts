/** The Worker's entry: what the runtime calls, and the actors' classes that it must find here. */
export { LedgerActor } from "#actors/ledger/ledger-actor.ts";
export { PolicyActor } from "#actors/policy/policy-actor.ts";
export { UserActor } from "#actors/user/user-actor.ts";

export default {
  fetch(): Response {
    return new Response("ok\n");
  },
};
