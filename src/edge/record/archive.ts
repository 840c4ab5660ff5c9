/** The archive over HTTP: what there is, and each artefact as it is stored. */
import { canonicalJson } from "#events/canonical.ts";
import { paths } from "#events/manifest.ts";
import { GatewayError } from "../errors.ts";
import type { Reader } from "./reader.ts";

const TYPES: Record<string, string> = {
  gz: "application/gzip",
  json: "application/json",
  txt: "text/plain; charset=utf-8",
};

/**
 * `{shards: [{shard, segments, events, archived, first?, since?, bases?}]}`; artefacts are numbered
 * from 0, or from `first` where retention let older ones go.
 */
export async function listArchive({ c, shards }: Reader): Promise<Response> {
  const status = await Promise.all(
    shards.map(async ({ name, ledger }) => ({ shard: name, ...(await ledger.archiveStatus()) })),
  );
  return c.json({ shards: status });
}

/**
 * `{faults, audits}`: what does not fit its history, oldest first, each needs a human; and how each
 * shard's last audit of itself went.
 */
export async function listFaults({ c, shards }: Reader): Promise<Response> {
  const faults = await Promise.all(
    shards.map(async ({ name, ledger }) =>
      (await ledger.faults()).map((fault) => ({ shard: name, ...fault })),
    ),
  );
  const audits = await Promise.all(
    shards.map(async ({ name, ledger }) => ({ shard: name, ...(await ledger.selfAudit()) })),
  );
  return c.json({ faults: faults.flat().toSorted((a, b) => a.at - b.at), audits });
}

/** Archives what waits, and answers as the list does. */
export async function archiveNow({ c, shards }: Reader): Promise<Response> {
  const status = await Promise.all(
    shards.map(async ({ name, ledger }) => ({ shard: name, ...(await ledger.archiveNow()) })),
  );
  return c.json({ shards: status });
}

/**
 * `{shards: [{shard, events, differences, first?}]}`: every view folded anew from the archive and the
 * log, compared with the live one and put in its place, while traffic goes on.
 */
export async function rebuildViews({ c, shards }: Reader): Promise<Response> {
  const rebuilt: object[] = [];
  // One after the other: each reads its whole history.
  for (const { name, ledger } of shards) {
    rebuilt.push({ shard: name, ...(await ledger.rebuildViews()) });
  }
  return c.json({ shards: rebuilt });
}

/** One artefact. Only names that artefacts have reach the bucket, and only of the reader's shards. */
export async function fetchArtefact({ c, shards }: Reader): Promise<Response> {
  const shard = shards.find(({ name }) => name === c.req.param("shard"));
  const path = `${c.req.param("kind") ?? ""}/${c.req.param("file") ?? ""}`;
  const n = Number(/^[a-z]+\/(\d{10})\./.exec(path)?.[1] ?? -1);
  const isName = [
    paths.segment(n),
    paths.manifest(n),
    paths.checkpoint(n),
    paths.base(n),
    paths.cosigned(n),
  ].includes(path);
  const found = shard && isName ? await c.env.ARCHIVE.get(`${shard.name}/${path}`) : null;
  if (found === null) throw new GatewayError("not_found", "The archive has no such artefact.");
  const type = TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  return new Response(found.body, { headers: { "content-type": type } });
}

/** The views of a shard, as a verifier compares them with the fold. */
export async function fetchViews({ c, shards }: Reader): Promise<Response> {
  const shard = shards.find(({ name }) => name === c.req.param("shard"));
  if (shard === undefined) throw new GatewayError("not_found", "There is no such shard.");
  // The views go on while the archive is written: they are told once both are at one position.
  for (let tries = 0; tries < 5; tries += 1) {
    const { archived } = await shard.ledger.archiveNow();
    const views = await shard.ledger.exportViews();
    if (views.position !== archived) continue;
    return new Response(`${canonicalJson(views)}\n`, {
      headers: { "content-type": "application/json" },
    });
  }
  throw new GatewayError(
    "actor_unavailable",
    "The shard is too busy to tell its views. Try again.",
  );
}
