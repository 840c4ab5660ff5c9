/** The past over HTTP: a decision explained, books and principals as they were, evidence. */
import * as z from "zod";
import { userStream } from "#actors/kit/names.ts";
import { booksOf } from "#projections/replay/books.ts";
import { findEntry } from "../books/ledgers.ts";
import { EntryId, TailParams } from "../books/params.ts";
import { GatewayError } from "../errors.ts";
import type { Reader, RecordContext } from "./reader.ts";

const moment = TailParams.shape.from;

/** `at` as the books' times, or `seq` with `user`. */
export const StateParams = z.strictObject({
  at: moment,
  user: z.string().min(1).max(200).exactOptional(),
  seq: z.coerce.number().int().min(1).exactOptional(),
  /** Of a member who is split: which of their actors, from 0. */
  actor: z.coerce.number().int().min(0).max(15).exactOptional(),
});

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

/** `GET /audit/state`: the books at a moment, or one principal at a moment or an event. */
export async function showState(
  { c, principal, shards }: Reader,
  { at, user, seq, actor }: z.output<typeof StateParams>,
): Promise<Response> {
  if (user === undefined) {
    if (at === undefined)
      throw new GatewayError("invalid_request", "Give `at`, or `user` with `at` or `seq`.");
    const views = await Promise.all(shards.map(({ ledger }) => ledger.viewsAt(at)));
    return c.json(booksOf(at, views));
  }
  const stream = userStream(c.env.TALLYGATE_SECRET, principal.organisation, user, actor);
  const until = { ...(at === undefined ? {} : { at }), ...(seq === undefined ? {} : { seq }) };
  const states = await Promise.all(
    shards.map(({ ledger }) => ledger.principalAt({ stream, until })),
  );
  const state = states.find(({ seq }) => seq > 0);
  if (state === undefined) throw new GatewayError("not_found", "Nothing had happened by then.");
  return c.json({ user, stream, ...state });
}
