/** The audit list of all shards, page by page. */
import type { AuditEntry } from "#projections/audit-entry.ts";
import { mergePages } from "#projections/merge.ts";
import type { AuditFilter } from "#projections/queries.ts";
import { pageMax } from "../books/limits.ts";
import type { Shard } from "./reader.ts";

/** Every entry, newest first. */
export async function* pagesOf(
  shards: readonly Shard[],
  filter: AuditFilter,
): AsyncGenerator<AuditEntry[]> {
  let cursor: string | undefined;
  do {
    const query = { filter, limit: pageMax, ...(cursor === undefined ? {} : { cursor }) };
    const pages = await Promise.all(shards.map(({ ledger }) => ledger.auditEvents(query)));
    const page = mergePages(pages, pageMax);
    yield page.entries;
    cursor = page.next;
  } while (cursor !== undefined);
}
