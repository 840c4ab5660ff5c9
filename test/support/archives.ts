/** Archives for tests and benches: lives of principals as their deciders decide them, packed in Node. */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { runInMemory } from "#actors/kit/run-in-memory.ts";
import { userDecider, type UserCommand } from "#actors/user/decider.ts";
import { formatCheckpoint, originOf } from "#events/checkpoint.ts";
import { EMPTY_HEAD, seal, type Head, type SealedEvent } from "#events/envelope.ts";
import {
  EMPTY_FRONTIER,
  formatManifest,
  grow,
  manifestHash,
  manifestLeaf,
  NO_MANIFEST,
  paths,
  rootOf,
  type BaseRef,
  type StreamPart,
} from "#events/manifest.ts";
import { merkleRoot } from "#events/merkle.ts";
import { openSigner, toBase64 } from "#events/note.ts";
import { segmentOf, type SegmentText } from "#events/segment-scan.ts";
import { eventLeaf, readLine, segmentText, toLine } from "#events/segment.ts";
import { BaseFold } from "#projections/base/fold.ts";
import { readBase } from "#projections/base/read.ts";
import { formatBase } from "#projections/base/text.ts";
import type { ShardArtefacts } from "#projections/verify/artefacts.ts";
import {
  boundOf,
  budgetOf,
  limitOf,
  requestOf,
  settlementOf,
  START,
} from "../actors/user/fixtures.ts";
import { requestId } from "./sample-events.ts";

export const signingKey = toBase64(new Uint8Array(32).fill(7));

/** One stream that its decider writes. */
export class DecidedStream {
  readonly stream: string;
  readonly events: SealedEvent[] = [];
  readonly #run = runInMemory(userDecider);
  #head: Head = EMPTY_HEAD;

  constructor(stream: string) {
    this.stream = stream;
  }

  /** Decides a command, seals what it gives and returns that. */
  execute(command: UserCommand): SealedEvent[] {
    const at = Math.max(command.at, this.#run.state.lastAt);
    const sealed = this.#run.execute(command, at).map((fact) => {
      const event = seal(this.#head, { organisation: "acme", stream: this.stream }, fact, at, {
        command: "c",
        member: "alice",
      });
      this.#head = { epoch: 1, seq: event.seq, hash: event.hash };
      return event;
    });
    this.events.push(...sealed);
    return sealed;
  }
}

const longLimit = { windowMs: 3_600_000, limit: 400, whole: true };

/** Lives `users` principals through `rounds` requests each; batches come as a ledger gets them. */
export function liveTogether(users: number, rounds: number): SealedEvent[][] {
  const streams = Array.from({ length: users }, (_, n) => new DecidedStream(`u_${n}`));
  const batches: SealedEvent[][] = [];
  const budgets = [budgetOf({ limitNanos: 2_000_000, whole: true })];
  const limits = [
    limitOf(longLimit),
    limitOf({ name: "open", metric: "concurrency", limit: 5, windowMs: 0 }),
  ];
  for (let round = 0; round < rounds; round += 1) {
    for (const [user, stream] of streams.entries()) {
      const at = START + round * 20_000 + user;
      const id = requestId(at, user);
      const asked = { member: `member-${user}`, limits, budgets, bound: boundOf(500, 1_000) };
      const request = requestOf(id, {
        ...asked,
        deadlineAt: at + 600_000,
        policyHash: "ab".repeat(32),
        promptHash: "cd".repeat(32),
        ip: "192.0.2.7",
        userAgent: "an agent/1.0",
        keyId: "key-1",
        team: "red",
      });
      const batch = stream.execute(
        round % 10 === 7
          ? { type: "admit", at, request, verdict: { code: "dlp_blocked", by: "cards" } }
          : { type: "admit", at, request },
      );
      const settlement = settlementOf(id, 400 + (round % 50), 300);
      const attempts = [
        {
          provider: "openai",
          model: "m",
          status: 200,
          latencyMs: 40,
          costNanos: settlement.costNanos,
        },
      ];
      if (round % 10 === 3)
        batch.push(
          ...stream.execute({ type: "release", at: at + 5, requestId: id, reason: "no route" }),
        );
      else if (round % 10 !== 5 && round % 10 !== 7) {
        batch.push(
          ...stream.execute({
            type: "settle",
            at: at + 90,
            settlement: {
              ...settlement,
              attempts,
              provider: "openai",
              servedModel: "m",
              answerHash: "ef".repeat(32),
            },
          }),
        );
      }
      batch.push(...stream.execute({ type: "expire", at: at + 100 }));
      if (batch.length > 0) batches.push(batch);
    }
  }
  return batches;
}

export type Archived = Map<string, Uint8Array<ArrayBuffer>>;

/** Packs batches into the artefacts of one shard, as the format's page says. */
export async function packArchive(
  batches: readonly SealedEvent[][],
  options: {
    shard?: string;
    segmentEvents: number;
    key?: string;
    /** Another key signs from a segment on. */
    later?: { from: number; key: string };
    /** A base of so many segments is named by the manifest of another. */
    base?: { segments: number; namedBy: number; alter?: (text: string) => string };
    /** 0 stores the text as it is, so that every version of zlib gives the same bytes. */
    level?: number;
  },
): Promise<Archived> {
  const { shard = "l_test_0", segmentEvents } = options;
  const first = await openSigner(options.key ?? signingKey);
  const second = options.later && (await openSigner(options.later.key));
  const files: Archived = new Map();
  const put = (path: string, text: string) =>
    files.set(path, new Uint8Array(new TextEncoder().encode(text)));
  let tree = EMPTY_FRONTIER;
  let previous = NO_MANIFEST;
  const all = batches.flat();
  const lines = new Map<string, string>();
  let base: BaseRef | undefined;
  for (let n = 0; n * segmentEvents < all.length; n += 1) {
    const events = all.slice(n * segmentEvents, (n + 1) * segmentEvents);
    const packed = new Uint8Array(gzipSync(segmentText(events), { level: options.level ?? -1 }));
    files.set(paths.segment(n), packed);
    const manifest = formatManifest({
      v: 1,
      organisation: "acme",
      shard,
      n,
      at: START,
      position: n * segmentEvents,
      events: events.length,
      previous,
      bytes: packed.length,
      sha256: createHash("sha256").update(packed).digest("hex"),
      root: merkleRoot(events.map(({ hash }) => eventLeaf(hash))),
      streams: partsOf(events),
      ...(base !== undefined && n === options.base?.namedBy ? { base } : {}),
    });
    put(paths.manifest(n), manifest);
    previous = manifestHash(manifest);
    tree = grow(tree, manifestLeaf(manifest));
    foldSegment(lines, events);
    if (n + 1 === options.base?.segments) {
      const said = formatBase(lines, { organisation: "acme", shard, previous, tree });
      const text = options.base.alter?.(said) ?? said;
      const zipped = new Uint8Array(gzipSync(text));
      files.set(paths.base(n + 1), zipped);
      const read = readBase(text, zipped);
      if (typeof read === "string") throw new Error(read);
      base = read.ref;
    }
    const origin = originOf(shard);
    const said = formatCheckpoint({ origin, size: tree.size, root: rootOf(tree) });
    const signer = second !== undefined && n >= (options.later?.from ?? 0) ? second : first;
    put(paths.checkpoint(n), await signer.sign(origin, said));
  }
  return files;
}

function foldSegment(lines: Map<string, string>, events: readonly SealedEvent[]): void {
  const fold = new BaseFold((key) => lines.get(key));
  for (const event of events) fold.take(event);
  for (const [key, line] of fold.end()) {
    if (line === undefined) lines.delete(key);
    else lines.set(key, line);
  }
}

/** The archive without the segments that a base stands for. */
export function dropBefore(files: Archived, n: number): Archived {
  const left = new Map(files);
  for (let gone = 0; gone < n; gone += 1) {
    left.delete(paths.segment(gone));
    left.delete(paths.manifest(gone));
    if (gone < n - 1) left.delete(paths.checkpoint(gone));
  }
  return left;
}

function partsOf(events: readonly SealedEvent[]): StreamPart[] {
  const parts = new Map<string, StreamPart>();
  for (const event of events) {
    const line = readLine(toLine(event));
    if (line === undefined) throw new Error("an event is a line");
    const { stream, epoch, seq, prev, hash } = line;
    const first = parts.get(stream) ?? { stream, epoch, first: seq, prev };
    parts.set(stream, { ...first, last: seq, head: hash });
  }
  return [...parts.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1));
}

/** Artefacts in memory as a verifier reads them. */
export function inMemory(files: Archived, shard = "l_test_0"): ShardArtefacts {
  return {
    shard,
    list: async () => [...files.keys()],
    read: async (path) => files.get(path),
  };
}

/** Unpacks a segment; throws on any damage. */
export async function unzip(packed: Uint8Array<ArrayBuffer>): Promise<SegmentText> {
  return segmentOf(gunzipSync(packed));
}
