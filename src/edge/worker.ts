/** The Worker's entry: what the runtime calls, and the actors' classes that it must find here. */
import type { Env } from "#actors/kit/env.ts";
import { app } from "./app.ts";
import { refuseDevelopment } from "./development.ts";
import { serve } from "./pipeline/pipeline.ts";
import { fixedTarget } from "./surface/addresses.ts";

export { BudgetActor } from "#actors/budget/budget-actor.ts";
export { LedgerActor } from "#actors/ledger/ledger-actor.ts";
export { PolicyActor } from "#actors/policy/policy-actor.ts";
export { Gateway } from "./entrypoint/gateway.ts";
export { UserActor } from "#actors/user/user-actor.ts";

/** Model calls at their fixed addresses, which are nearly all: they need no router. */
function serveModelCall(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> | undefined {
  if (request.method !== "POST") return undefined;
  const { url } = request;
  const query = url.indexOf("?");
  const end = query < 0 ? url.length : query;
  const path = url.slice(url.indexOf("/", 8) + 1, end);
  const target = fixedTarget("POST", path, url.slice(end));
  return target?.endpoint === undefined ? undefined : serve(request, env, ctx, target);
}

export default {
  fetch: (request, env, ctx) =>
    refuseDevelopment(request, env) ??
    serveModelCall(request, env, ctx) ??
    app.fetch(request, env, ctx),
} satisfies ExportedHandler<Env>;
