/**
 * Verifies the archive of one shard: every artefact, in order, one segment in memory at a time.
 *
 * Trusts the public keys and nothing else. Every finding names its place; a shard without findings
 * is exactly what the holder of the key signed, and follows from itself.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "#events/canonical.ts";
import { originOf, parseCheckpoint, type Checkpoint } from "#events/checkpoint.ts";
import { hashBody } from "#events/envelope.ts";
import {
  EMPTY_FRONTIER,
  grow,
  manifestHash,
  manifestLeaf,
  NO_MANIFEST,
  parseManifest,
  paths,
  rootOf,
  type Frontier,
  type Manifest,
  type StreamPart,
} from "#events/manifest.ts";
import { merkleRoot } from "#events/merkle.ts";
import { isSignedBy, parseNote } from "#events/note.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { eventLeaf, readLine, type SegmentLine } from "#events/segment.ts";
import type { Finding, FindingKind, Findings } from "./finding.ts";
import { Streams, type PolicyVersions } from "./streams.ts";
import { Sums } from "./sums.ts";

/** The artefacts of one shard, wherever they are. */
export interface ShardArtefacts {
  shard: string;
  /** Every path below the shard's folder. */
  list(): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

export interface VerifyOptions {
  /** Any of these may have signed: keys change. */
  publicKeys: readonly Uint8Array<ArrayBuffer>[];
  /** Unpacks gzip; throws on damage. */
  gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
  /** Checkpoints that the reader trusts from before: the archive must begin with what they saw. */
  trusted?: readonly Checkpoint[];
  /** Told after each segment. */
  onProgress?(events: number): void;
}

/** What was verified. */
export interface ShardReport {
  shard: string;
  segments: number;
  events: number;
  streams: number;
  decisions: number;
  /** The last checkpoint's size and root. */
  head?: Checkpoint;
}

export class ShardVerifier {
  readonly #artefacts: ShardArtefacts;
  readonly #options: VerifyOptions;
  readonly #findings: Findings;
  readonly #sums = new Sums();
  readonly #streams: Streams;
  #tree: Frontier = EMPTY_FRONTIER;
  #previous = NO_MANIFEST;
  #organisation: string | undefined;
  #events = 0;
  #views: { position: number } | undefined;
  #head: Checkpoint | undefined;

  constructor(
    artefacts: ShardArtefacts,
    options: VerifyOptions,
    findings: Findings,
    policies: PolicyVersions,
  ) {
    this.#artefacts = artefacts;
    this.#options = options;
    this.#findings = findings;
    this.#streams = new Streams(this.#sums, policies);
  }

  async run(): Promise<ShardReport> {
    const { shard } = this.#artefacts;
    const segments = await this.#survey();
    await this.#openViews();
    this.#compareViews();
    for (let n = 0; n < segments; n += 1) {
      const manifest = await this.#manifest(n);
      await this.#checkpoint(n);
      await this.#segment(n, manifest);
      this.#compareViews();
      this.#options.onProgress?.(this.#events);
    }
    this.#trusted(segments);
    if (this.#views !== undefined) {
      this.#add("views", `it is about ${this.#views.position} events, which is no segment's end`, {
        file: paths.views,
      });
    }
    const report = {
      shard,
      segments,
      events: this.#events,
      streams: this.#streams.size,
      decisions: this.#streams.decisions,
    };
    return this.#head === undefined ? report : { ...report, head: this.#head };
  }

  #add(kind: FindingKind, message: string, where: Partial<Finding> = {}): void {
    this.#findings.add({ kind, message, shard: this.#artefacts.shard, ...where });
  }

  /** What there is and what there should be. Returns the number of segments. */
  async #survey(): Promise<number> {
    const there = new Set(await this.#artefacts.list());
    let segments = 0;
    for (const path of there) {
      const n = Number(/\/(\d{10})\./.exec(path)?.[1] ?? -1);
      const isOurs =
        n >= 0 && [paths.segment(n), paths.manifest(n), paths.checkpoint(n)].includes(path);
      if (isOurs) segments = Math.max(segments, n + 1);
      else if (path !== paths.views)
        this.#add("unexpected", "no artefact has this name", { file: path });
    }
    for (let n = 0; n < segments; n += 1) {
      for (const file of [paths.segment(n), paths.manifest(n), paths.checkpoint(n)]) {
        if (!there.has(file)) this.#add("missing", "the artefact is not there", { file });
      }
    }
    if (segments === 0) this.#add("missing", "there is no segment");
    return segments;
  }

  async #text(file: string): Promise<string | undefined> {
    const bytes = await this.#artefacts.read(file);
    if (bytes === undefined) return undefined;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      this.#add("damaged", "it is not UTF-8", { file });
      return undefined;
    }
  }

  async #manifest(n: number): Promise<Manifest | undefined> {
    const file = paths.manifest(n);
    const text = await this.#text(file);
    if (text === undefined) return undefined;
    this.#tree = grow(this.#tree, manifestLeaf(text));
    const previous = this.#previous;
    this.#previous = manifestHash(text);
    const manifest = parseManifest(text);
    if (manifest === undefined) {
      this.#add("damaged", "it is not a manifest as one is written", { file });
      return undefined;
    }
    this.#organisation ??= manifest.organisation;
    const { shard } = this.#artefacts;
    if (manifest.shard !== shard || manifest.organisation !== this.#organisation) {
      this.#add("link", "it belongs to another shard or organisation", { file });
    }
    if (manifest.n !== n) this.#add("link", `it says it is number ${manifest.n}`, { file });
    if (manifest.previous !== previous) {
      this.#add("link", "it does not follow the manifest before it", { file });
    }
    if (manifest.position !== this.#events) {
      this.#add(
        "link",
        `it begins at ${manifest.position}, ${this.#events} events were before it`,
        { file },
      );
    }
    return manifest;
  }

  async #checkpoint(n: number): Promise<void> {
    const file = paths.checkpoint(n);
    const text = await this.#text(file);
    if (text === undefined) return;
    const note = parseNote(text);
    const checkpoint = note && parseCheckpoint(note.text);
    if (note === undefined || checkpoint === undefined) {
      return this.#add("damaged", "it is not a checkpoint", { file });
    }
    const origin = originOf(this.#artefacts.shard);
    const keys = this.#options.publicKeys.map((publicKey) => ({ name: origin, publicKey }));
    // One signature is written; more would be bytes that nothing vouches for.
    if (note.signatures.length !== 1 || !(await isSignedBy(note, keys))) {
      this.#add("signature", "no known key has signed it", { file });
    }
    if (checkpoint.origin !== origin) this.#add("link", "it is about another log", { file });
    const isRoot = checkpoint.size === this.#tree.size && checkpoint.root === rootOf(this.#tree);
    if (!isRoot || checkpoint.size !== n + 1) {
      this.#add("root", "the manifests up to this one are not those that were signed", { file });
    }
    for (const trusted of this.#options.trusted ?? []) {
      if (trusted.origin !== origin || trusted.size !== n + 1) continue;
      if (trusted.root !== rootOf(this.#tree)) {
        this.#add("fork", "the history up to here is not the one that was seen before", { file });
      }
    }
    this.#head = checkpoint;
  }

  async #segment(n: number, manifest: Manifest | undefined): Promise<void> {
    const file = paths.segment(n);
    const bytes = await this.#artefacts.read(file);
    if (bytes === undefined) return;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (manifest !== undefined && (sha256 !== manifest.sha256 || bytes.length !== manifest.bytes)) {
      this.#add("root", "its bytes are not those that the manifest names", { file });
    }
    let text: string;
    try {
      text = await this.#options.gunzip(bytes);
    } catch {
      return this.#add("damaged", "it cannot be unpacked", { file });
    }
    const { leaves, parts } = this.#lines(file, text);
    if (manifest === undefined) return;
    if (leaves.length !== manifest.events) {
      this.#add("root", `it has ${leaves.length} events, the manifest says ${manifest.events}`, {
        file,
      });
    }
    if (merkleRoot(leaves) !== manifest.root) {
      this.#add("root", "its events are not those that were signed", { file });
    }
    this.#compareParts(file, manifest.streams, parts);
  }

  #lines(file: string, text: string): { leaves: string[]; parts: Map<string, StreamPart> } {
    const leaves: string[] = [];
    const parts = new Map<string, StreamPart>();
    let number = 0;
    for (let start = 0; start < text.length;) {
      const found = text.indexOf("\n", start);
      const end = found < 0 ? text.length : found;
      const line = readLine(text.slice(start, end));
      start = end + 1;
      number += 1;
      this.#events += 1;
      if (line === undefined) {
        leaves.push("");
        this.#add("damaged", "it is not an event", { file, line: number });
        continue;
      }
      leaves.push(eventLeaf(line.hash));
      this.#take(file, number, line);
      notePart(parts, line);
    }
    return { leaves, parts };
  }

  #take(file: string, number: number, line: SegmentLine): void {
    const { stream, seq, body, hash } = line;
    const where = { file, line: number, stream, seq };
    if (hashBody(body) !== hash) this.#add("chain", "the event was altered", where);
    if (JSON.stringify(this.#organisation) !== `"${line.organisation}"`) {
      this.#add("link", "it belongs to another organisation", where);
    }
    this.#streams.take(line, (kind, message) => this.#add(kind, message, where));
  }

  #compareParts(file: string, said: readonly StreamPart[], found: Map<string, StreamPart>): void {
    for (const part of said) {
      const { stream, epoch, last: seq } = part;
      const is = found.get(`${stream} ${epoch}`);
      if (is === undefined || canonicalJson(is) !== canonicalJson(part)) {
        this.#add("root", "the stream's part of the segment is not what was signed", {
          file,
          stream,
          seq,
        });
      }
    }
    if (found.size > said.length)
      this.#add("root", "it has streams that were not signed", { file });
  }

  async #openViews(): Promise<void> {
    const text = await this.#text(paths.views);
    if (text === undefined) return;
    const views = tryParseJson(text) as { position?: unknown } | undefined;
    if (typeof views?.position === "number" && text === `${canonicalJson(views)}\n`) {
      this.#views = views as { position: number };
    } else {
      this.#add("damaged", "it does not hold views as they are written", { file: paths.views });
    }
  }

  /** Compares the published views at the position that they name. */
  #compareViews(): void {
    if (this.#views?.position !== this.#events) return;
    const { position: _position, ...published } = this.#views;
    const difference = this.#sums.difference(published);
    if (difference !== undefined) this.#add("views", difference, { file: paths.views });
    this.#views = undefined;
  }

  #trusted(segments: number): void {
    const origin = originOf(this.#artefacts.shard);
    for (const { size, origin: of } of this.#options.trusted ?? []) {
      if (of === origin && size > segments) {
        this.#add(
          "fork",
          `${size} segments were seen before, ${segments} are here: the tail is gone`,
        );
      }
    }
  }
}

function notePart(parts: Map<string, StreamPart>, line: SegmentLine): void {
  const { stream, epoch, seq, prev, hash } = line;
  const key = `${stream} ${epoch}`;
  const part = parts.get(key);
  if (part === undefined) {
    parts.set(key, { stream, epoch, first: seq, last: seq, prev, head: hash });
  } else {
    part.last = seq;
    part.head = hash;
  }
}
