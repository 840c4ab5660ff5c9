/** Artefacts in a folder or at a running gateway, as the verifier reads them. */
import { isAscii, isUtf8 } from "node:buffer";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { paths } from "#events/manifest.ts";
import type { SegmentText } from "#events/segment-scan.ts";
import type { ArchiveStatus } from "#actors/ledger/api.ts";
import { artefactsOf, type ShardArtefacts } from "#projections/verify/artefacts.ts";

const unpack = promisify(gunzip);

/** What a segment unpacks to at most in one piece: its characters' bound, with room for wide ones. */
const chunkBytesMax = 32 * 1024 * 1024;
const chunkBytesMin = 64 * 1024;

/** Room for all of it at once, as its end says; where that lies, it takes more pieces, or has room left. */
function chunkSizeFor(bytes: Uint8Array<ArrayBuffer>): number {
  if (bytes.length < 4) return chunkBytesMin;
  const said = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4).getUint32(0, true);
  // A byte more, so that the end is seen in the same call.
  return Math.min(Math.max(said + 1, chunkBytesMin), chunkBytesMax);
}

/** Unpacks a segment; throws on any damage. */
export async function gunzipText(packed: Uint8Array<ArrayBuffer>): Promise<SegmentText> {
  const bytes = await unpack(packed, { chunkSize: chunkSizeFor(packed) });
  // ASCII is the same in both, and by far most of what is archived; it needs no decoding.
  const encoding = isAscii(bytes) ? "latin1" : "utf8";
  if (encoding === "utf8" && !isUtf8(bytes)) throw new Error("it is not UTF-8");
  return { bytes, text: (from, to) => bytes.toString(encoding, from, to) };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((name) => name.split(path.sep).join("/"));
}

/** The shards of a folder: the folder itself, or each folder in it. */
export async function openFolder(folder: string): Promise<ShardArtefacts[]> {
  if (!existsSync(folder)) throw new Error(`There is no folder "${folder}".`);
  const full = path.resolve(folder);
  const isShard = existsSync(path.join(full, "manifests"));
  const entries = await readdir(full, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const shards = isShard ? [full] : names.sort().map((name) => path.join(full, name));
  return shards.map((shard) => ({
    shard: path.basename(shard),
    list: () => filesBelow(shard),
    read: async (file) => {
      try {
        return new Uint8Array(await readFile(path.join(shard, file)));
      } catch (error) {
        if ((error as { code?: string }).code === "ENOENT") return undefined;
        throw error;
      }
    },
  }));
}

/** One shard of a folder. */
export async function openShard(folder: string, name: string): Promise<ShardArtefacts> {
  const shard = (await openFolder(folder)).find((one) => one.shard === name);
  if (shard === undefined) throw new Error(`The folder of shard ${name} is gone.`);
  return shard;
}

export interface Gateway {
  url: string;
  apiKey: string;
}

async function ask({ url, apiKey }: Gateway, at: string, method = "GET"): Promise<Response> {
  const headers = { authorization: `Bearer ${apiKey}` };
  const response = await fetch(new URL(at, url), { method, headers });
  if (response.ok || response.status === 404) return response;
  const { error } = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  throw new Error(`${at} answered ${response.status}: ${error?.message ?? "no reason given"}`);
}

/** The shards of a running gateway, which is asked to archive what waits first. */
export async function openGateway(gateway: Gateway): Promise<ShardArtefacts[]> {
  const listed = await ask(gateway, "/audit/archive", "POST");
  type Listed = { shards: (ArchiveStatus & { shard: string })[] };
  const { shards } = (await listed.json()) as Listed;
  // A shard that took no event yet has no archive, which is no fault.
  return shards
    .filter(({ segments }) => segments > 0)
    .map((known) => {
      const { shard } = known;
      let views: Uint8Array<ArrayBuffer> | undefined;
      const get = async (file: string): Promise<Uint8Array<ArrayBuffer> | undefined> => {
        const response = await ask(gateway, `/audit/archive/${shard}/${file}`);
        return response.status === 404 ? undefined : new Uint8Array(await response.arrayBuffer());
      };
      return {
        shard,
        async list() {
          // The views name their own position: fetched first, the archive has at least as much.
          views = await get(paths.views);
          const { shards } = (await (await ask(gateway, "/audit/archive")).json()) as Listed;
          return artefactsOf(shards.find((one) => one.shard === shard) ?? known);
        },
        read: async (file: string) => (file === paths.views ? views : get(file)),
      };
    });
}

/** The keys that a gateway publishes: trusted as far as the way to it is. */
export async function publishedKeys(url: string): Promise<string[]> {
  const response = await fetch(new URL("/.well-known/tallygate/keys", url));
  if (!response.ok) throw new Error(`${url} answered ${response.status} for its keys.`);
  const { keys } = (await response.json()) as { keys: { publicKey: string }[] };
  return keys.map(({ publicKey }) => publicKey);
}
