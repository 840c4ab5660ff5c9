/** The past over HTTP: a decision explained, books and principals as they were, evidence. */
import * as z from "zod";
import { budgetStream, policyName, rateStream, userStream } from "#actors/kit/names.ts";
import { booksOf } from "#projections/replay/books.ts";
import type { Until } from "#projections/replay/principal.ts";
import { findEntry } from "../books/ledgers.ts";
import { EntryId, TailParams } from "../books/params.ts";
import { GatewayError } from "../errors.ts";
import type { Reader, RecordContext } from "./reader.ts";

const moment = TailParams.shape.from;

const named = z.string().min(1).max(200);

/** `at` as the books' times, or `seq` with whose state it is. */
export const StateParams = z.strictObject({
  at: moment,
  user: named.exactOptional(),
  seq: z.coerce.number().int().min(1).exactOptional(),
  /** Of a member who is split: which of their actors, from 0. */
  actor: z.coerce.number().int().min(0).max(15).exactOptional(),
  /** A budget that several share, by the policy's name. */
  budget: named.exactOptional(),
  /** A limit that several share, by the policy's name. */
  limit: named.exactOptional(),
  /** What that limit counts. */
  metric: z.enum(["requests", "tokens", "usd", "concurrency"]).exactOptional(),
  /** Whose budget or limit: `organisation`, or `team:` and the team. */
  scope: named.exactOptional(),
  /** The policy, members and keys. */
  policy: z.literal("true").exactOptional(),
});
type State = z.output<typeof StateParams>;

export function idOf(c: RecordContext): string {
  const id = EntryId.safeParse(c.req.param("id"));
  if (!id.success) throw new GatewayError("invalid_request", "The id is not a request id.");
  return id.data;
}

/** An entry that the reader may see, with its shard. */
export async function entryOf({ principal, shards }: Reader, id: string) {
  const found = await findEntry(shards.map(({ ledger }) => ledger) as never, id);
  const { member } = principal;
  const maySee = member.role !== "member" || member.id === found?.entry.user;
  const isTheirs = member.role !== "member" || found?.entry.kind !== "act";
  if (found === undefined || !maySee || !isTheirs) {
    throw new GatewayError("not_found", "There is no such entry among those that you may see.");
  }
  const { entry } = found;
  for (const { name, ledger } of shards) {
    if ((await ledger.auditEntry(id)) !== null) return { entry, name, ledger };
  }
  throw new GatewayError("not_found", "There is no such entry.");
}

/** `GET /audit/events/:id/explain`: what was decided, from what, and what is decided of it today. */
export async function explainEntry(reader: Reader): Promise<Response> {
  const { entry, ledger } = await entryOf(reader, idOf(reader.c));
  const { stream, seqs } = entry.source;
  const explained = await ledger.explain({ stream, seq: seqs[0] ?? 0 });
  if (explained === null) {
    throw new GatewayError("not_found", "This entry is no decision on a request.");
  }
  return reader.c.json({ id: entry.id, stream, ...explained });
}

/** `GET /audit/events/:id/evidence`: the entry's events, proven by a signed checkpoint. */
export async function proveEntry(reader: Reader): Promise<Response> {
  const { entry, ledger } = await entryOf(reader, idOf(reader.c));
  const { stream, epoch, seqs } = entry.source;
  const evidence = await ledger.evidence({ stream, epoch, seqs });
  if (evidence.events.length < seqs.length) {
    throw new GatewayError("actor_unavailable", "The archive does not have every event yet.");
  }
  return reader.c.json(evidence);
}

/** `GET /audit/state`: the books at a moment, or one actor at a moment or an event. */
export async function showState(reader: Reader, params: State): Promise<Response> {
  const { c, principal, shards } = reader;
  const { at, user, seq, actor, budget, limit, policy } = params;
  const asked = [user, budget, limit, policy].filter((one) => one !== undefined);
  if (asked.length > 1) {
    throw new GatewayError("invalid_request", "Give one of `user`, `budget`, `limit`, `policy`.");
  }
  if (user === undefined) {
    if (asked.length === 1) return showActor(reader, params);
    if (at === undefined) {
      const what = "Give `at`, or one of `user`, `budget`, `limit`, `policy` with `at` or `seq`.";
      throw new GatewayError("invalid_request", what);
    }
    const views = await Promise.all(shards.map(({ ledger }) => ledger.viewsAt(at)));
    return c.json(booksOf(at, views));
  }
  const stream = userStream(c.env.TALLYGATE_SECRET, principal.organisation, user, actor);
  const until = untilOf({ at, seq });
  const states = await Promise.all(
    shards.map(({ ledger }) => ledger.principalAt({ stream, until })),
  );
  const state = states.find(({ seq }) => seq > 0);
  if (state === undefined) throw new GatewayError("not_found", "Nothing had happened by then.");
  return c.json({ user, stream, ...state });
}

/** The same of a shared budget, a shared limit's counter or the policy. */
async function showActor({ c, principal, shards }: Reader, params: State): Promise<Response> {
  const stream = actorStream(c.env.TALLYGATE_SECRET, principal.organisation, params);
  const until = untilOf(params);
  const states = await Promise.all(shards.map(({ ledger }) => ledger.actorAt({ stream, until })));
  const state = states.find((one) => one !== null && one.seq > 0);
  if (!state) throw new GatewayError("not_found", "Nothing had happened by then.");
  return c.json({ stream, ...state });
}

function actorStream(secret: string, organisation: string, params: State): string {
  const { budget, limit, metric, scope = "organisation" } = params;
  if (budget !== undefined) return budgetStream(secret, organisation, budget, scope);
  if (limit === undefined) return policyName(secret, organisation);
  if (metric === undefined) {
    throw new GatewayError("invalid_request", "Give `metric` with `limit`: what it counts.");
  }
  return rateStream(secret, organisation, { name: limit, scope, metric });
}

function untilOf({ at, seq }: { at?: number | undefined; seq?: number | undefined }): Until {
  return { ...(at === undefined ? {} : { at }), ...(seq === undefined ? {} : { seq }) };
}
