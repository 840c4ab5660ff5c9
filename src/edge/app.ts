/** Every address of the gateway, and who answers there. */
import { Hono, type Context } from "hono";
import { modelsFor } from "#policy/models.ts";
import { dialectOf } from "#providers/registry.ts";
import type { Dialect, DialectId } from "#providers/types.ts";
import { handleAdminSocket } from "./admin/socket.ts";
import { handleSetup } from "./admin/setup.ts";
import { ledgerShards, recordAccess } from "./access.ts";
import { identify, identifyNow } from "./auth/identify.ts";
import { makeLink } from "./auth/link.ts";
import { endSession, showSession, startSession } from "./auth/session-routes.ts";
import { ledgersOf } from "./books/ledgers.ts";
import { booksRoutes, type BooksEnv } from "./books/routes.ts";
import { CONSOLE_PATH, consoleRoutes } from "./console/routes.ts";
import { scanText } from "./dlp-scan.ts";
import { fromUnknown, GatewayError } from "./errors.ts";
import { idHeaders, retryHeaders } from "./headers.ts";
import { logFailure } from "./log.ts";
import { refusalResponse, serve } from "./pipeline/pipeline.ts";
import { currentPolicy } from "./policy-cache.ts";
import { newRequestId } from "./request-id.ts";

type App = BooksEnv;
type AppContext = Context<App>;

/** Where each dialect is spoken. */
const CHAT_PATHS: Record<string, DialectId> = {
  "/v1/chat/completions": "openai-chat",
  "/v1/messages": "anthropic-messages",
};

export const app = new Hono<App>();

for (const [path, id] of Object.entries(CHAT_PATHS)) {
  app.post(path, (c) => serve(c.req.raw, c.env, c.executionCtx as ExecutionContext, dialectOf(id)));
}

app.get("/health", (c) => c.json({ ok: true }));
app.get("/", (c) =>
  c.req.header("accept")?.includes("text/html")
    ? c.redirect(CONSOLE_PATH)
    : c.text("Tallygate is up. See /health, /console/ and the README.\n"),
);

app.get("/v1/models", async (c) => {
  const principal = await identify(c.req.raw, c.env, Date.now());
  const policy = await currentPolicy(c.env, executionOf(c), principal.organisation);
  const models = modelsFor(policy.snapshot, principal.member);
  const anthropic = c.req.header("anthropic-version") !== undefined;
  return c.json(anthropic ? anthropicModels(models) : openAiModels(models));
});

app.post("/setup", (c) => handleSetup(c.req.raw, c.env));
app.get("/admin/socket", (c) =>
  handleAdminSocket(c.req.raw, c.env, (request) => identifyNow(request, c.env, Date.now())),
);
app.get("/session", (c) => showSession(c.req.raw, c.env));
app.post("/session", (c) => startSession(c.req.raw, c.env));
app.post("/session/link", (c) => makeLink(c.req.raw, c.env));
app.delete("/session", (c) => endSession(c.req.raw));
app.post("/dlp/scan", async (c) => {
  const principal = await identifyNow(c.req.raw, c.env, Date.now());
  return scanText(c.req.raw, c.env, executionOf(c), principal);
});

for (const path of ["/audit/*", "/usage", "/costs"]) {
  app.use(path, async (c, next) => {
    const requestId = newRequestId(Date.now());
    c.set("requestId", requestId);
    await next();
    if (c.res.status !== 101) c.res.headers.set("x-request-id", requestId);
  });
}
app.route(
  "/",
  booksRoutes({
    identify: (c) => identifyNow(c.req.raw, c.env, Date.now()),
    record: (c, principal, action, resource) =>
      recordAccess(c.req.raw, c.env, principal, action, resource),
    ledgers: async (c, { organisation }) =>
      ledgersOf(c.env, organisation, await ledgerShards(c.env, organisation)),
  }),
);

app.route("/", consoleRoutes());

app.notFound((c) => {
  const known = CHAT_PATHS[c.req.path];
  const error =
    known === undefined
      ? new GatewayError("not_found", `Nothing is at ${c.req.method} ${c.req.path.slice(0, 200)}.`)
      : new GatewayError("method_not_allowed", `${c.req.path} takes POST.`);
  return refuse(c, error);
});

app.onError((error, c) => refuse(c, fromUnknown(error)));

/** A refusal in the dialect of the address, or as plain JSON. */
function refuse(c: AppContext, error: GatewayError): Response {
  const now = Date.now();
  // The books give their requests an id before anything can go wrong.
  const requestId = c.get("requestId") ?? newRequestId(now);
  const dialect = dialectFor(c);
  if (dialect !== undefined) return refusalResponse(dialect, error, requestId, now);
  const { status, code, message, problems } = error;
  if (code === "internal") logFailure(requestId, error);
  return Response.json(
    { error: { code, message, requestId, ...(problems === undefined ? {} : { problems }) } },
    { status, headers: { ...idHeaders(requestId), ...retryHeaders(error, now) } },
  );
}

function dialectFor(c: AppContext): Dialect | undefined {
  const { path } = c.req;
  if (!path.startsWith("/v1/")) return undefined;
  const anthropic = path.startsWith("/v1/messages") || c.req.header("anthropic-version");
  return dialectOf(CHAT_PATHS[path] ?? (anthropic ? "anthropic-messages" : "openai-chat"));
}

function executionOf(c: AppContext): ExecutionContext {
  return c.executionCtx as ExecutionContext;
}

function openAiModels(models: readonly string[]): object {
  const data = models.map((id) => ({ id, object: "model", created: 0, owned_by: "tallygate" }));
  return { object: "list", data };
}

function anthropicModels(models: readonly string[]): object {
  const data = models.map((id) => ({
    type: "model",
    id,
    display_name: id,
    created_at: "1970-01-01T00:00:00Z",
  }));
  return { data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null };
}
