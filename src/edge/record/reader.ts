/** Who reads the record, and the rule that a read is written down before anything is read. */
import type { Context } from "hono";
import type * as z from "zod";
import type { Env } from "#actors/kit/env.ts";
import { ledgerNames } from "#actors/kit/names.ts";
import type { LedgerApi } from "#actors/ledger/api.ts";
import type { KeyAccess } from "#events/policy-events.ts";
import type { Principal } from "#policy/snapshot.ts";
import { ledgerShards, recordAccess } from "../access.ts";
import { identifyNow } from "../auth/identify.ts";
import { queryCharsMax } from "../books/limits.ts";
import { sentenceOf } from "../books/params.ts";
import { fromUnknown, GatewayError } from "../errors.ts";
import { retryHeaders } from "../headers.ts";
import { logFailure } from "../log.ts";

export interface RecordEnv {
  Bindings: Env;
  Variables: { requestId: string };
}
export type RecordContext = Context<RecordEnv>;

type Role = Principal["member"]["role"];

/** A shard of the reader's organisation. */
export interface Shard {
  name: string;
  ledger: LedgerApi;
}

/** A reader who may read, and whose read is in the books. */
export interface Reader {
  c: RecordContext;
  principal: Principal;
  shards: readonly Shard[];
}

/** Opens the record for readers of some roles: identifies, authorises, records, then answers. */
export async function reading(
  c: RecordContext,
  roles: readonly Role[],
  act: { action: string; resource: string },
  answer: (reader: Reader) => Promise<Response>,
  // What is for admins alone, a key has to be for.
  access: KeyAccess = roles.includes("auditor") ? "audit" : "admin",
): Promise<Response> {
  const principal = await identifyNow(c.req.raw, c.env, Date.now(), access);
  const { role } = principal.member;
  if (!roles.includes(role)) {
    throw new GatewayError(
      "forbidden",
      `This is for ${roles.join(" and ")} roles; yours is ${role}.`,
    );
  }
  await recordAccess(c.req.raw, c.env, principal, act.action, act.resource);
  const response = await answer({ c, principal, shards: await shardsOf(c.env, principal) });
  response.headers.set("cache-control", "no-store");
  return response;
}

async function shardsOf(env: Env, { organisation }: Principal): Promise<Shard[]> {
  const namespace = env.LEDGER as unknown as DurableObjectNamespace<
    LedgerApi & Rpc.DurableObjectBranded
  >;
  const names = ledgerNames(
    env.TALLYGATE_SECRET,
    organisation,
    await ledgerShards(env, organisation),
  );
  return names.map((name) => ({ name, ledger: namespace.getByName(name) as unknown as LedgerApi }));
}

/** Parses a query string; a parameter given twice is refused, since one of the two would be lost. */
export function parseQuery<S extends z.ZodType>(c: RecordContext, schema: S): z.output<S> {
  const url = new URL(c.req.url);
  const params = [...url.searchParams];
  const given = Object.fromEntries(params);
  if (url.search.length > queryCharsMax || Object.keys(given).length < params.length) {
    throw new GatewayError(
      "invalid_request",
      `The query string is over ${queryCharsMax} characters, or gives a parameter twice.`,
    );
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new GatewayError("invalid_request", sentenceOf(parsed.error));
  return parsed.data;
}

export function toRefusal(c: RecordContext, error: unknown): Response {
  const requestId = c.get("requestId") ?? "";
  const refusal = fromUnknown(error);
  const { code, message, status, problems } = refusal;
  if (code === "internal") logFailure(requestId, refusal);
  const headers = { "cache-control": "no-store", ...retryHeaders(refusal, Date.now()) };
  const told = { code, message, requestId, ...(problems === undefined ? {} : { problems }) };
  return Response.json({ error: told }, { status, headers });
}
