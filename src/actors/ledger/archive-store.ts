/** Where artefacts are kept: created once, never changed. R2 in production, anything in tests. */

export interface ArchiveStore {
  /** Keeps an artefact unless there is one of that name; says whether it did. */
  create(path: string, bytes: Uint8Array): Promise<boolean>;
  /** An artefact's bytes; `undefined` when there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Removes artefacts, whether they are there or not; throws where a lock keeps one. */
  remove(paths: readonly string[]): Promise<void>;
}

/** The part of an R2 bucket below a shard's own folder. */
export function storeInBucket(bucket: R2Bucket, shard: string): ArchiveStore {
  return {
    async create(path, bytes) {
      const only = { onlyIf: new Headers({ "if-none-match": "*" }) };
      return (await bucket.put(`${shard}/${path}`, bytes, only)) !== null;
    },
    async read(path) {
      const found = await bucket.get(`${shard}/${path}`);
      return found === null ? undefined : new Uint8Array(await found.arrayBuffer());
    },
    async remove(paths) {
      await bucket.delete(paths.map((path) => `${shard}/${path}`));
    },
  };
}

export async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** The text of a gzip file; `undefined` when it is damaged. */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  try {
    const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await new Response(text).text();
  } catch {
    return undefined;
  }
}
