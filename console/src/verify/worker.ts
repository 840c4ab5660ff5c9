/**
 * Verifies the archive in a thread of its own, with the same code as the command line: every hash,
 * link, signature, tree, decision and sum. It trusts the public keys it is given and nothing else.
 */
import * as z from "zod";
import { paths } from "#events/manifest.ts";
import { readPublicKey } from "#events/note.ts";
import { segmentOf, type SegmentText } from "#events/segment-scan.ts";
import { artefactsOf, type ShardArtefacts } from "#projections/verify/artefacts.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import { ApiError, ask } from "../data/api.ts";
import type { ArchiveShards } from "../data/record.ts";
import type { VerifyAsked, VerifyTold } from "./messages.ts";

// Schemas are compiled to code where that is allowed; the console's policy does not.
z.config({ jitless: true });

// eslint-disable-next-line unicorn/require-post-message-target-origin -- workers have no origin
const tell = (told: VerifyTold): void => self.postMessage(told);

/** Unpacks a segment; throws on any damage. */
async function gunzip(packed: Uint8Array<ArrayBuffer>): Promise<SegmentText> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return segmentOf(new Uint8Array(await new Response(stream).arrayBuffer()));
}

async function fetchBytes(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const answer = await fetch(`/audit/archive/${path}`, { credentials: "same-origin" });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new ApiError(answer.status, "failed", `${path} answered ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** One shard's artefacts as the gateway hands them out. */
function openShard(known: ArchiveShards["shards"][number]): ShardArtefacts {
  const { shard } = known;
  let views: Uint8Array<ArrayBuffer> | undefined;
  return {
    shard,
    async list() {
      // The views name their own position: fetched first, the archive has at least as much.
      views = await fetchBytes(`${shard}/${paths.views}`);
      const { shards } = await ask<ArchiveShards>("/audit/archive");
      return artefactsOf(shards.find((one) => one.shard === shard) ?? known);
    },
    read: async (file) => (file === paths.views ? views : fetchBytes(`${shard}/${file}`)),
  };
}

async function verify({ publicKeys, trusted }: VerifyAsked): Promise<void> {
  const keys = publicKeys.flatMap((text) => readPublicKey(text) ?? []);
  if (keys.length === 0) {
    throw new Error("No public key is known: the gateway has none to sign its archive with.");
  }
  const { shards } = await ask<ArchiveShards>("/audit/archive", { method: "POST" });
  const trouble = shards.find((shard) => shard.trouble !== undefined)?.trouble;
  const archived = shards.filter(({ segments }) => segments > 0);
  if (archived.length === 0) throw new Error(trouble ?? "There is no archive yet.");
  const of = archived.reduce((sum, shard) => sum + shard.archived, 0);
  const report = await verifyArchive(archived.map(openShard), {
    publicKeys: keys,
    gunzip,
    trusted,
    onProgress: (events) => tell({ kind: "progress", events, of }),
  });
  tell({ kind: "done", report });
}

self.addEventListener("message", ({ data }: MessageEvent<VerifyAsked>) => {
  verify(data).catch((error: unknown) =>
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});
