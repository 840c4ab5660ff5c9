/** An organisation's ledger: one question to every shard, one answer. */
import type { Env } from "#actors/kit/env.ts";
import { ledgerNames } from "#actors/kit/names.ts";
import type { LedgerApi, LedgerQueryApi } from "#actors/ledger/api.ts";
import type { SealedEvent } from "#events/envelope.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { mergePages, mergeSums } from "#projections/merge.ts";
import type { AuditPage, AuditQuery, SumsAnswer, SumsQuery } from "#projections/queries.ts";

/** A shard as the edge sees it. */
export type LedgerShard = Pick<
  LedgerQueryApi,
  "auditEvents" | "auditEntry" | "usage" | "costs" | "budgetSums" | "rawEvents"
> & { fetch(request: Request): Promise<Response> };

/** Fresh stubs of every shard. Names are derived from the organisation: no caller chooses one. */
export function ledgersOf(env: Env, organisation: string, shards: number): LedgerShard[] {
  const namespace = env.LEDGER as unknown as DurableObjectNamespace<
    LedgerApi & Rpc.DurableObjectBranded
  >;
  return ledgerNames(env.TALLYGATE_SECRET, organisation, shards).map(
    (name) => namespace.getByName(name) as unknown as LedgerShard,
  );
}

/** One page over all shards. */
export async function pageOf(
  ledgers: readonly LedgerShard[],
  query: AuditQuery,
): Promise<AuditPage> {
  const pages = await Promise.all(ledgers.map((ledger) => ledger.auditEvents(query)));
  return mergePages(pages, query.limit);
}

/** Sums over all shards. */
export async function sumsOver(
  ledgers: readonly LedgerShard[],
  view: "usage" | "costs",
  query: SumsQuery,
): Promise<SumsAnswer> {
  const answers = await Promise.all(ledgers.map((ledger) => ledger[view](query)));
  return mergeSums(answers, query.groupBy);
}

/** An entry and the shard that has it. */
export async function findEntry(
  ledgers: readonly LedgerShard[],
  id: string,
): Promise<{ entry: AuditEntry; ledger: LedgerShard } | undefined> {
  const entries = await Promise.all(ledgers.map((ledger) => ledger.auditEntry(id)));
  const index = entries.findIndex((entry) => entry !== null);
  const [entry, ledger] = [entries[index], ledgers[index]];
  return entry && ledger ? { entry, ledger } : undefined;
}

/** The sealed events from an entry's first to its last, so that the chain between can be checked. */
export async function rawOf(
  { entry, ledger }: { entry: AuditEntry; ledger: LedgerShard },
  limit: number,
): Promise<{ events: SealedEvent[]; truncated: boolean }> {
  const { stream, seqs } = entry.source;
  const [first, last] = [seqs[0] ?? 1, seqs.at(-1) ?? 1];
  const wanted = last - first + 1;
  const events = await ledger.rawEvents({ stream, from: first, limit: Math.min(wanted, limit) });
  return { events, truncated: wanted > limit };
}
