/** The past over HTTP: a decision explained, books and principals as they were, evidence. */
import * as z from "zod";
import { userStream } from "#actors/kit/names.ts";
import type { ExportedViews } from "#actors/ledger/api.ts";
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
    return c.json({
      at,
      events: views.reduce((sum, { position }) => sum + position, 0),
      costs: views.flatMap(({ sums }) => sums.flatMap(costRow)),
      usage: views.flatMap(({ sums }) => sums.flatMap(usageRow)),
    });
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

type SumsRow = ExportedViews["sums"][number];

/** A row of sums as `/costs` would name its columns, if it has any of them. */
function costRow({ charged = 0, costNanos = 0, ...row }: SumsRow): SumsRow[] {
  if (charged === 0 && costNanos === 0) return [];
  const { hour = 0, model = "", provider = "", user = "", team = "" } = row;
  const { key = "", route = "", tags = "[]" } = row;
  const about = { hour, model, provider, user, team, key, route, tags };
  const { inputTokens = 0, outputTokens = 0, cachedTokens = 0, savedNanos = 0 } = row;
  const tokens = { inputTokens, outputTokens, cachedTokens };
  return [{ ...about, requests: charged, costNanos, savedNanos, ...tokens }];
}

/** A row of sums as `/usage` would name its columns, if it counts a request. */
function usageRow({ charged: _charged, costNanos: _costNanos, ...row }: SumsRow): SumsRow[] {
  const { latency: _latency, firstByte: _firstByte, ...counts } = row;
  return counts["requests"] === 0 ? [] : [counts];
}
