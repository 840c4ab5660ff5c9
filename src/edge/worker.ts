/** The Worker's entry: what the runtime calls, and the actors' classes that it must find here. */
import type { Env } from "#actors/kit/env.ts";
import { app } from "./app.ts";
import { refuseDevelopment } from "./development.ts";

export { BudgetActor } from "#actors/budget/budget-actor.ts";
export { LedgerActor } from "#actors/ledger/ledger-actor.ts";
export { PolicyActor } from "#actors/policy/policy-actor.ts";
export { Gateway } from "./entrypoint/gateway.ts";
export { UserActor } from "#actors/user/user-actor.ts";

export default {
  fetch: (request, env, ctx) => refuseDevelopment(request, env) ?? app.fetch(request, env, ctx),
} satisfies ExportedHandler<Env>;
