/**
 * The books over HTTP: audit list, entries, raw events, usage, costs, live tail.
 *
 * Invariants: nothing is read before the reader is known and the read is recorded; a member sees
 * their own entries only; which ledger is asked depends on the reader's organisation alone.
 */
import { showEntry } from "#projections/out/audit-list.ts";
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Env } from "#actors/kit/env.ts";
import { canonicalJson } from "#events/canonical.ts";
import type { AuditFilter } from "#projections/queries.ts";
import { endOf, type Principal } from "#policy/snapshot.ts";
import { fromUnknown, GatewayError } from "../errors.ts";
import { retryHeaders } from "../headers.ts";
import { logFailure } from "../log.ts";
import { showPage, showSums } from "./answers.ts";
import { findEntry, pageOf, rawOf, sumsOver, type LedgerShard } from "./ledgers.ts";
import { rawEventsShown } from "./limits.ts";
import { EntryId, EventsParams, splitPage, SumsParams, TailParams } from "./params.ts";
import { parseQuery } from "./query.ts";
import { openTail } from "./tail.ts";

/** The part of the edge's Hono environment that the books use. */
export interface BooksEnv {
  Bindings: Env;
  Variables: { requestId: string };
}

export type BooksContext = Context<BooksEnv>;

/** What the books need of the edge. */
export interface BooksDeps {
  /** Who reads; a `Response` when they may not, which is sent as it is. */
  identify(c: BooksContext): Promise<Principal | Response>;
  /** Writes the read into the reader's own stream; a read that cannot be recorded is refused. */
  record(c: BooksContext, principal: Principal, action: string, resource: string): Promise<void>;
  /** Every shard of the reader's organisation: see `ledgersOf`. */
  ledgers(c: BooksContext, principal: Principal): Promise<readonly LedgerShard[]>;
}

const notFound = () =>
  new GatewayError("not_found", "There is no such entry among those that you may see.");

/** Narrows a filter to what the reader may see. */
function narrow<F extends { user?: string }>(principal: Principal, filter: F): F {
  if (principal.member.role !== "member") return filter;
  if (filter.user !== undefined && filter.user !== principal.member.id) {
    throw new GatewayError("forbidden", "Members see their own entries only; ask an auditor.");
  }
  return { ...filter, user: principal.member.id };
}

function maySee(principal: Principal, user: string): boolean {
  return principal.member.role !== "member" || principal.member.id === user;
}

function toRefusal(c: BooksContext, error: unknown): Response {
  const requestId = c.get("requestId") ?? "";
  const refusal = fromUnknown(error);
  const { code, message, status } = refusal;
  if (code === "internal") logFailure(requestId, refusal);
  const headers = { "cache-control": "no-store", ...retryHeaders(refusal, Date.now()) };
  return Response.json({ error: { code, message, requestId } }, { status, headers });
}

/** The books' routes, to be mounted at the root. */
export function booksRoutes(deps: BooksDeps): Hono<BooksEnv> {
  const app = new Hono<BooksEnv>();
  app.onError((error, c) => toRefusal(c, error));
  app.get("/audit/events", (c) => reading(c, deps, listEvents));
  app.get("/audit/events/:id", (c) => reading(c, deps, showOne));
  app.get("/audit/events/:id/raw", (c) => reading(c, deps, showRaw));
  app.get("/audit/tail", (c) => reading(c, deps, tail));
  app.get("/usage", (c) => reading(c, deps, (reader) => sums(reader, "usage")));
  app.get("/costs", (c) => reading(c, deps, (reader) => sums(reader, "costs")));
  return app;
}

/** Someone who reads, and the way to record what. */
interface Reader {
  c: BooksContext;
  principal: Principal;
  /** Records the read and opens the books. */
  open: (action: string, resource: string) => Promise<readonly LedgerShard[]>;
}

async function reading(
  c: BooksContext,
  deps: BooksDeps,
  answer: (reader: Reader) => Promise<Response>,
): Promise<Response> {
  const principal = await deps.identify(c);
  if (principal instanceof Response) return principal;
  const open: Reader["open"] = async (action, resource) => {
    await deps.record(c, principal, action, resource);
    return deps.ledgers(c, principal);
  };
  const response = await answer({ c, principal, open });
  if (response.status !== 101) response.headers.set("cache-control", "no-store");
  return response;
}

async function listEvents({ c, principal, open }: Reader): Promise<Response> {
  const { filter, ...page } = splitPage(parseQuery(c.req.url, EventsParams));
  const query = { ...page, filter: narrow(principal, filter) };
  const ledgers = await open("audit.list", canonicalJson(query.filter));
  return c.json(showPage(await pageOf(ledgers, query)));
}

function idOf(c: BooksContext): string {
  const id = EntryId.safeParse(c.req.param("id"));
  if (!id.success) throw new GatewayError("invalid_request", "The id is not a request id.");
  return id.data;
}

async function showOne({ c, principal, open }: Reader): Promise<Response> {
  const id = idOf(c);
  const found = await findEntry(await open("audit.entry", id), id);
  if (found === undefined || !maySee(principal, found.entry.user)) throw notFound();
  return c.json(showEntry(found.entry));
}

async function showRaw({ c, principal, open }: Reader): Promise<Response> {
  const id = idOf(c);
  const found = await findEntry(await open("audit.raw", id), id);
  if (found === undefined || !maySee(principal, found.entry.user)) throw notFound();
  // A member's own stream is all theirs; the organisation's policy stream is not.
  if (principal.member.role === "member" && found.entry.kind === "act") throw notFound();
  const { stream, epoch } = found.entry.source;
  return c.json({ stream, epoch, ...(await rawOf(found, rawEventsShown)) });
}

async function sums({ c, principal, open }: Reader, view: "usage" | "costs"): Promise<Response> {
  const { top, ...query } = parseQuery(c.req.url, SumsParams);
  const narrowed = { ...query, filter: narrow(principal, query.filter) };
  const ledgers = await open(`${view}.read`, canonicalJson(narrowed));
  const shown = top === undefined ? query : { ...query, top };
  return c.json(showSums(view, await sumsOver(ledgers, view, narrowed), shown));
}

async function tail({ c, principal, open }: Reader): Promise<Response> {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    throw new GatewayError("invalid_request", "The live tail is a WebSocket.", { status: 426 });
  }
  // A browser sends its cookies to any socket, so a page of another origin is turned away.
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== new URL(c.req.url).origin) {
    throw new GatewayError("forbidden", "The live tail opens from the gateway's own origin only.");
  }
  const filter: AuditFilter = narrow(principal, parseQuery(c.req.url, TailParams));
  const ledgers = await open("audit.tail", canonicalJson(filter));
  return openTail(ledgers, filter, endOf(principal));
}
