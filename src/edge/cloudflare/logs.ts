/**
 * Cloudflare AI Gateway's log endpoints over the books: list, one log, its texts, feedback.
 *
 * Invariants: as for the record, nothing is read before the reader is known and the read is recorded;
 * members see their own; feedback is an event of its own and no log is ever changed or deleted.
 */
import { Hono } from "hono/tiny";
import type { KeyAccess } from "#events/policy-events.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { pageOf, type LedgerShard } from "../books/ledgers.ts";
import { pageMax } from "../books/limits.ts";
import { fromUnknown, GatewayError } from "../errors.ts";
import { logFailure } from "../log.ts";
import { currentPolicy } from "../policy-cache.ts";
import { entryWhen, giveFeedback } from "../record/feedback.ts";
import { idOf } from "../record/past.ts";
import { openPayload } from "../record/payload.ts";
import { reading, type Reader, type RecordContext, type RecordEnv } from "../record/reader.ts";
import { requireAccount } from "../surface/cloudflare.ts";
import { envelope, refusalEnvelope } from "./envelope.ts";
import { entriesSeenMax } from "./limits.ts";
import { isLog, toLog } from "./log.ts";
import { readLogQuery } from "./log-query.ts";

const ROOT = "/client/v4/accounts/:account/ai-gateway/gateways/:gateway";
const ALL = ["admin", "auditor", "member"] as const;

/** The log endpoints, to be mounted at the root. */
export const logRoutes = new Hono<RecordEnv>();

logRoutes.onError((error, c) => {
  const refusal = fromUnknown(error);
  const requestId = c.get("requestId") ?? "";
  if (refusal.code === "internal") logFailure(requestId, refusal);
  return refusalEnvelope(refusal, requestId, Date.now());
});

const resourceOf = (c: RecordContext) => {
  const { pathname, search } = new URL(c.req.url);
  return pathname + search;
};
const acting = (
  c: RecordContext,
  action: string,
  resource: string,
  answer: (reader: Reader) => Promise<Response>,
  access: KeyAccess = "audit",
): Promise<Response> =>
  reading(
    c,
    ALL,
    { action, resource },
    async (reader) => {
      await requireGateway(reader);
      return answer(reader);
    },
    access,
  );

logRoutes.get(`${ROOT}/logs`, (c) => acting(c, "audit.list", resourceOf(c), listLogs));
logRoutes.get(`${ROOT}/logs/:id`, (c) => acting(c, "audit.entry", idOf(c), showLog));
// Who calls models says what their answers were worth.
logRoutes.patch(`${ROOT}/logs/:id`, (c) =>
  acting(c, "feedback.give", idOf(c), feedback, "inference"),
);
logRoutes.get(`${ROOT}/logs/:id/request`, (c) =>
  acting(c, "payload.read", idOf(c), (reader) => showText(reader, "request")),
);
logRoutes.get(`${ROOT}/logs/:id/response`, (c) =>
  acting(c, "payload.read", idOf(c), (reader) => showText(reader, "response")),
);
logRoutes.delete(`${ROOT}/logs`, () => {
  throw new GatewayError(
    "method_not_allowed",
    "Nobody deletes from the books. Texts end with their retention, which the policy sets.",
  );
});
logRoutes.get(`${ROOT}/url/:provider`, (c) => acting(c, "url.read", resourceOf(c), showUrl));

/** The account and the gateway must be the caller's organisation's, as for model calls. */
async function requireGateway({ c, principal }: Reader): Promise<void> {
  const { organisation } = principal;
  const policy = await currentPolicy(c.env, c.executionCtx, organisation);
  const { account = "", gateway = "" } = c.req.param();
  const cloudflare = { account, gateway };
  requireAccount({ cloudflare }, organisation, policy.snapshot.document);
}

async function listLogs({ c, principal, shards }: Reader): Promise<Response> {
  const query = readLogQuery(new URL(c.req.url).searchParams);
  const { page, perPage } = query;
  const { member } = principal;
  const filter = member.role === "member" ? { ...query.filter, user: member.id } : query.filter;
  const ledgers = shards.map(({ ledger }) => ledger as unknown as LedgerShard);
  const wanted = page * perPage;
  const kept: AuditEntry[] = [];
  let seen = 0;
  let { cursor } = query;
  let ended = false;
  while (!ended && kept.length <= wanted && seen < entriesSeenMax) {
    const more = cursor === undefined ? {} : { cursor };
    const { entries, next } = await pageOf(ledgers, { filter, limit: pageMax, ...more });
    kept.push(...entries.filter(query.keeps));
    // A page without matches has looked at as many rows as one that is full.
    seen += pageMax;
    cursor = next;
    ended = next === undefined;
  }
  const logs = kept.slice(wanted - perPage, wanted);
  const result_info = {
    page,
    per_page: perPage,
    count: logs.length,
    total_count: kept.length,
    // Where the next list goes on, exactly, whatever came in meanwhile.
    cursor: kept.length > wanted ? (logs.at(-1)?.id ?? null) : (cursor ?? null),
  };
  const short = !ended && logs.length < perPage;
  const message = `Only the newest ${entriesSeenMax} entries were looked at. Go on with result_info.cursor, or narrow the filters.`;
  const messages = short ? [{ code: 7_000, message }] : [];
  return envelope(logs.map(toLog), { result_info, messages });
}

async function feedback(reader: Reader): Promise<Response> {
  return envelope(await giveFeedback(reader));
}

async function showLog(reader: Reader): Promise<Response> {
  const { entry } = await entryWhen(reader, idOf(reader.c), isLog);
  if (!isLog(entry)) throw new GatewayError("not_found", "That is no request that has ended.");
  const { promptBytes, answerBytes } = entry.payload ?? {};
  return envelope({
    ...toLog(entry),
    event_id: entry.metadata?.["cf.event_id"] ?? null,
    request_size: promptBytes ?? null,
    response_size: answerBytes ?? null,
  });
}

/** What was kept of a text, as it was: not in the envelope, as there. */
async function showText(reader: Reader, which: "request" | "response"): Promise<Response> {
  const { payload } = await openPayload(reader);
  const { answer } = payload;
  if (which === "request") return asSent(payload.prompt);
  return "wire" in answer ? asSent(answer.wire) : Response.json(answer);
}

/** JSON where it is; a stream, or what was cut, is plain text. */
function asSent(text: string): Response {
  const isJson = tryParseJson(text) !== undefined;
  const type = isJson ? "application/json" : "text/plain; charset=utf-8";
  return new Response(text, { headers: { "content-type": type } });
}

function showUrl({ c }: Reader): Promise<Response> {
  const { account, gateway, provider } = c.req.param();
  const path = [account, gateway, provider].map((part) => encodeURIComponent(part ?? ""));
  return Promise.resolve(envelope(`${new URL(c.req.url).origin}/v1/${path.join("/")}`));
}
