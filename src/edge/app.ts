/** Every address of the gateway, and who answers there. */
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { handleAdminSocket } from "./admin/socket.ts";
import { handleSetup } from "./admin/setup.ts";
import { ledgerShards, recordAccess } from "./access.ts";
import { identifyNow } from "./auth/identify.ts";
import { makeLink } from "./auth/link.ts";
import { beginSignIn, finishSignIn, listProviders, PROVIDERS_PATH } from "./auth/sign-in.ts";
import { endSession, showSession, startSession } from "./auth/session-routes.ts";
import { showBudgets } from "./books/budgets.ts";
import { ledgersOf } from "./books/ledgers.ts";
import { logRoutes } from "./cloudflare/logs.ts";
import { asRunState } from "./cloudflare/run-preview.ts";
import { openUniversalSocket } from "./cloudflare/universal-socket.ts";
import { booksRoutes, type BooksEnv } from "./books/routes.ts";
import { CONSOLE_PATH, consoleRoutes } from "./console/routes.ts";
import { DESCRIPTION_PATH, showDescription } from "./description.ts";
import { scanText } from "./dlp-scan.ts";
import { fromUnknown, GatewayError } from "./errors.ts";
import { handleMcp } from "./mcp/handle.ts";
import { serve } from "./pipeline/pipeline.ts";
import { refuse } from "./refuse.ts";
import { recordRoutes } from "./record/routes.ts";
import { currentPolicy } from "./policy-cache.ts";
import { newRequestId } from "./request-id.ts";
import { targetOf, type Target } from "./surface/addresses.ts";
import {
  listGoogleModels,
  listModels,
  listOllamaModels,
  showModel,
} from "./surface/model-lists.ts";
import { nearbyAddress } from "./surface/nearby.ts";
import { serveUniversal } from "./surface/universal.ts";

type App = BooksEnv;
type AppContext = Context<App>;

export const app = new Hono<App>();

// Every answer has an id: whoever answers with one of their own has it in the body too.
app.use(async (c, next) => {
  const requestId = newRequestId(Date.now());
  c.set("requestId", requestId);
  await next();
  if (c.res.status !== 101 && !c.res.headers.has("x-request-id")) {
    c.header("x-request-id", requestId);
  }
});

app.get("/health", (c) => c.json({ ok: true }));
app.get(DESCRIPTION_PATH, (c) => showDescription(c.env));
app.get("/", (c) =>
  c.req.header("accept")?.includes("text/html")
    ? c.redirect(CONSOLE_PATH)
    : c.text("Tallygate is up. See /health, /console/ and the README.\n"),
);

app.get("/v1/models", listModels);
app.get("/v1/models/*", showModel);
app.get("/v1beta/models", listGoogleModels);
app.get("/api/tags", listOllamaModels);

app.post("/setup", (c) => handleSetup(c.req.raw, c.env));
app.get("/admin/socket", (c) =>
  handleAdminSocket(c.req.raw, c.env, (request) =>
    identifyNow(request, c.env, Date.now(), "audit"),
  ),
);
app.get("/session", (c) => showSession(c.req.raw, c.env));
app.post("/session", (c) => startSession(c.req.raw, c.env));
app.post("/session/link", (c) => makeLink(c.req.raw, c.env));
app.delete("/session", (c) => endSession(c.req.raw, c.env, c.get("requestId")));
app.get(PROVIDERS_PATH, (c) => listProviders(c.env));
app.get(`${PROVIDERS_PATH}/:id`, (c) => beginSignIn(c.req.raw, c.env, c.req.param("id")));
app.get(`${PROVIDERS_PATH}/:id/callback`, (c) => finishSignIn(c.req.raw, c.env, c.req.param("id")));
app.post("/dlp/scan", async (c) => {
  const principal = await identifyNow(c.req.raw, c.env, Date.now(), "audit");
  return scanText(c.req.raw, c.env, c.executionCtx as ExecutionContext, principal);
});

app.route("/", recordRoutes);
app.route("/", logRoutes);
app.route(
  "/",
  booksRoutes({
    identify: (c) => identifyNow(c.req.raw, c.env, Date.now(), "audit"),
    record: (c, principal, action, resource) =>
      recordAccess(c.req.raw, c.env, principal, action, resource),
    ledgers: async (c, { organisation }) =>
      ledgersOf(c.env, organisation, await ledgerShards(c.env, organisation)),
  }),
);

app.get("/budgets", async (c) => {
  const principal = await identifyNow(c.req.raw, c.env, Date.now(), "audit");
  const policy = await currentPolicy(c.env, c.executionCtx, principal.organisation);
  return showBudgets(c.req.raw, c.env, principal, policy);
});

app.post("/mcp", (c) =>
  handleMcp(c.req.raw, {
    identify: (request) => identifyNow(request, c.env, Date.now(), "audit"),
    fetch: (request) => app.fetch(request, c.env, c.executionCtx),
  }),
);
app.route("/", consoleRoutes());

app.all("*", (c) => {
  const target = targetAt(c, c.req.method);
  if (c.req.header("upgrade")?.toLowerCase() === "websocket") {
    const asked = c.req.method === "GET" ? targetAt(c, "POST") : undefined;
    if (asked?.universal === true) {
      const ctx = c.executionCtx as ExecutionContext;
      return openUniversalSocket(c.req.raw, c.env, ctx, asked, serve);
    }
    // Codex and others try a socket first; 426 sends them to POST at once.
    if (targetAt(c, "POST") !== undefined) {
      throw new GatewayError("invalid_request", "Sockets are not spoken here; use POST.", {
        status: 426,
      });
    }
  }
  if (target?.universal === true) {
    return serveUniversal(c.req.raw, c.env, c.executionCtx as ExecutionContext, target, serve);
  }
  if (target !== undefined) {
    const answer = serve(c.req.raw, c.env, c.executionCtx, target);
    return target.run === "state" ? answer.then(asRunState) : answer;
  }
  throw nothingAt(c);
});

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** The methods that the address of a request takes, other than the one that it was asked by. */
function methodsAt(c: AppContext): string[] {
  return METHODS.filter((method) => {
    if (targetAt(c, method)?.endpoint !== undefined) return true;
    const [handlers] = app.router.match(method, c.req.path);
    return handlers.some(([[, { method: own }]]) => own === method);
  });
}

/** Why nothing answers: the method is another's, the path is nearly right, or nothing is near. */
function nothingAt(c: AppContext): GatewayError {
  const { pathname } = new URL(c.req.url);
  const path = pathname.slice(0, 200);
  const methods = methodsAt(c);
  if (methods.length > 0) {
    return new GatewayError("method_not_allowed", `${path} takes ${methods.join(", ")}.`);
  }
  const near = nearbyAddress(pathname);
  const hint =
    near === undefined ? "" : ` You may mean ${near}: look at the base URL of your client.`;
  return new GatewayError("not_found", `Nothing is at ${c.req.method} ${path}.${hint}`);
}

function targetAt(c: AppContext, method: string): Target | undefined {
  const { pathname, search } = new URL(c.req.url);
  return targetOf(method, pathname.slice(1), search);
}

app.onError((error, c) => {
  const refusal = fromUnknown(error);
  const answer = refuse(c.req.raw, refusal, c.get("requestId"));
  if (refusal.code === "method_not_allowed") answer.headers.set("allow", methodsAt(c).join(", "));
  return answer;
});
