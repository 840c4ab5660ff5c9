/**
 * `GET /audit/export?proofs=true`: the proof of an export, from which the export itself follows. What
 * every entry says is proven by its events; that none is left out, and what was asked, is signed.
 */
import { ledgerName } from "#actors/kit/names.ts";
import { canonicalJson } from "#events/canonical.ts";
import { openSigner } from "#events/note.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import type { ListFormat } from "#projections/out/audit-list.ts";
import {
  endLine,
  EXPORT_ORIGIN,
  ListProof,
  type ListedEntry,
} from "#projections/out/list-proof.ts";
import type { AuditFilter } from "#projections/queries.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import { provenEntriesMax } from "../books/limits.ts";
import { GatewayError } from "../errors.ts";
import { pagesOf } from "./pages.ts";
import type { Reader, Shard } from "./reader.ts";

export function exportProof(reader: Reader, format: ListFormat, filter: AuditFilter): Response {
  const { TALLYGATE_SIGNING_KEY: secret } = reader.c.env;
  if (secret === undefined) {
    throw new GatewayError(
      "misconfigured",
      "This gateway has no TALLYGATE_SIGNING_KEY, so nothing is archived or proven: export without proofs.",
    );
  }
  const parts = partsOf(reader, { format, filter, secret });
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = await parts.next();
      if (part.done === true) return controller.close();
      controller.enqueue(encoder.encode(part.value));
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
  const disposition = `attachment; filename="tallygate-audit.${format}.proof"`;
  return new Response(body, {
    headers: { "content-type": "application/x-ndjson", "content-disposition": disposition },
  });
}

async function* partsOf(
  { c, principal, shards }: Reader,
  { format, filter, secret }: { format: ListFormat; filter: AuditFilter; secret: string },
): AsyncGenerator<string> {
  const { organisation } = principal;
  const at = Date.now();
  const proof = new ListProof(format);
  await Promise.all(shards.map(({ ledger }) => ledger.archiveNow()));
  const shardOf = ({ source }: AuditEntry): string =>
    ledgerName(c.env.TALLYGATE_SECRET, organisation, source.stream, shards.length);
  yield proof.begin();
  // What comes meanwhile has no proof yet.
  for await (const page of pagesOf(shards, { ...filter, to: Math.min(filter.to ?? at, at) })) {
    if (page.length === 0) continue;
    if (proof.entries + page.length > provenEntriesMax) {
      // Without its end it proves nothing, and says so to whoever verifies it.
      yield `{"tooMany":${provenEntriesMax}}\n`;
      return;
    }
    const listed = page.map((entry) => ({ entry, shard: shardOf(entry) }));
    const bundles = await Promise.all(shards.map((shard) => evidenceOf(shard, listed)));
    yield proof.page(listed, bundles);
  }
  const statement = proof.end({ organisation, at, query: canonicalJson(filter) });
  const signer = await openSigner(secret);
  yield endLine(await signer.sign(EXPORT_ORIGIN, statement));
}

/** What a shard's archive has of entries; what has come since is archived once. */
async function evidenceOf(
  { name, ledger }: Shard,
  listed: readonly ListedEntry[],
): Promise<Evidence> {
  const entries = listed.flatMap(({ entry, shard }) => (shard === name ? [entry] : []));
  const queries = entries.map(({ source: { stream, epoch, seqs } }) => ({ stream, epoch, seqs }));
  const query = { queries, at: Math.min(...entries.map((entry) => entry.at)) };
  if (entries.length === 0) return { v: 1, shard: name, events: [], segments: [] };
  const asked = queries.reduce((sum, { seqs }) => sum + seqs.length, 0);
  const found = await ledger.listEvidence(query);
  if (found.events.length >= asked) return found;
  await ledger.archiveNow();
  return ledger.listEvidence(query);
}
