/**
 * Verifies the archive of one shard: every artefact, in order, one segment in memory at a time.
 *
 * Trusts the public keys and nothing else. Every finding names its place; a shard without findings
 * is exactly what the holder of the key signed, and follows from itself.
 */
import { createHash } from "node:crypto";
import { originOf, parseCheckpoint, type Checkpoint } from "#events/checkpoint.ts";
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
} from "#events/manifest.ts";
import { flat } from "#events/recall.ts";
import type { ScannedLine, SegmentText } from "#events/segment-scan.ts";
import { isSignedBy, parseNote } from "#events/note.ts";
import { readText, surveyShard, unpackAhead, type ShardArtefacts } from "./artefacts.ts";
import { Bases } from "./bases.ts";
import { beginWith } from "./begin.ts";
import type { Finding, FindingKind, Findings } from "./finding.ts";
import { PublishedViews } from "./published-views.ts";
import { readSegment, strangeParts, type ReadSegment } from "./read-segment.ts";
import type { PolicyVersions } from "./policy-versions.ts";
import { Streams, type Depth, type StreamFork } from "./streams.ts";
import { Sums } from "./sums.ts";
import { checkWitnessed, type WitnessDemand } from "./witnessed.ts";

export interface VerifyOptions {
  /** Any of these may have signed: keys change. */
  publicKeys: readonly Uint8Array<ArrayBuffer>[];
  /** Unpacks gzip of UTF-8; throws on damage. */
  gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<SegmentText>;
  /** Checkpoints that the reader trusts from before: the archive must begin with what they saw. */
  trusted?: readonly Checkpoint[];
  /** `chain` decides nothing again and folds no views; every check is made without it. */
  depth?: Depth;
  /** Whose cosignatures a checkpoint has to have. */
  witnesses?: WitnessDemand | undefined;
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
  /** Streams that were restored from a backup and had gone on meanwhile. */
  forks: StreamFork[];
  /** The base that the archive begins with: what it stands for is not here, and not made again. */
  base?: { segments: number; position: number; through: number };
  /** How many segments witnesses saw, where that was demanded. */
  witnessed?: number;
  /** The last checkpoint's size and root. */
  head?: Checkpoint;
}

/** A segment as it was read; no content when it cannot be unpacked. */
interface Unpacked {
  bytes: number;
  sha256: string;
  content: SegmentText | undefined;
}

export class ShardVerifier {
  readonly #artefacts: ShardArtefacts;
  readonly #options: VerifyOptions;
  readonly #findings: Findings;
  readonly #depth: Depth;
  readonly #sums = new Sums();
  readonly #streams: Streams;
  readonly #policies: PolicyVersions;
  #bases: Bases | undefined;
  #tree: Frontier = EMPTY_FRONTIER;
  #previous = NO_MANIFEST;
  #organisation: string | undefined;
  /** The same as a line has it; no line has none. */
  #organisationText: string | undefined;
  #events = 0;
  #head: Checkpoint | undefined;

  constructor(
    artefacts: ShardArtefacts,
    options: VerifyOptions,
    findings: Findings,
    policies: PolicyVersions,
  ) {
    this.#artefacts = artefacts;
    this.#options = options;
    this.#depth = options.depth ?? "decisions";
    this.#findings = findings;
    this.#policies = policies;
    this.#streams = new Streams(this.#sums, policies, this.#depth);
  }

  async run(): Promise<ShardReport> {
    const { shard } = this.#artefacts;
    const survey = await surveyShard(this.#artefacts, this.#add);
    const { first, segments } = survey;
    const bases = new Bases(
      this.#artefacts,
      async (packed) => {
        const segment = await this.#options.gunzip(packed);
        return segment.text(0, segment.bytes.length);
      },
      survey,
      this.#add,
    );
    this.#bases = bases;
    const published = this.#depth === "chain" ? undefined : await this.#text(paths.views);
    const views = new PublishedViews(published, this.#add);
    const base = first === 0 ? undefined : await this.#begin(first, bases);
    const before = this.#events;
    views.compareAt(before, this.#sums);
    const unpacking = unpackAhead(this.#artefacts, survey, (bytes) => this.#unpack(bytes));
    for (let n = first; n < segments; n += 1) {
      const manifest = await this.#manifest(n);
      await this.#checkpoint(n);
      const unpacked = await unpacking.next();
      this.#segment(n, unpacked.value, manifest);
      views.compareAt(this.#events, this.#sums);
      await bases.endSegment(n, {
        previous: this.#previous,
        tree: this.#tree,
        organisation: this.#organisation,
      });
      this.#options.onProgress?.(this.#events - before);
    }
    this.#trusted(first, segments);
    views.end();
    bases.end();
    const report = {
      shard,
      segments: segments - first,
      events: this.#events - before,
      streams: this.#streams.size,
      decisions: this.#streams.decisions,
      forks: this.#streams.forks,
    };
    const { publicKeys, witnesses: demand } = this.#options;
    const { cosigned } = survey;
    const setup = { artefacts: this.#artefacts, publicKeys, demand, cosigned, add: this.#add };
    const witnessed = await checkWitnessed(setup);
    const seen = demand === undefined ? report : { ...report, witnessed };
    const begun = base === undefined ? seen : { ...seen, base };
    return this.#head === undefined ? begun : { ...begun, head: this.#head };
  }

  /** Goes on from a base in place of the segments that it stands for. */
  async #begin(n: number, bases: Bases): Promise<ShardReport["base"]> {
    const head = await beginWith(n, bases, this.#streams, this.#sums);
    if (head === undefined) return undefined;
    const { position, through, segments, previous, tree, organisation, policies } = head;
    for (const message of this.#policies.merge(policies)) this.#add("policy", message);
    this.#tree = tree;
    this.#previous = previous;
    this.#organisation = organisation;
    this.#events = position;
    await this.#checkpoint(n - 1);
    return { segments, position, through };
  }

  readonly #add = (kind: FindingKind, message: string, where: Partial<Finding> = {}): void => {
    this.#findings.add({ kind, message, shard: this.#artefacts.shard, ...where });
  };

  #text(file: string): Promise<string | undefined> {
    return readText(this.#artefacts, file, this.#add);
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
    this.#organisationText = JSON.stringify(this.#organisation).slice(1, -1);
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
    this.#bases?.name(manifest);
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

  /** A segment's bytes and text. */
  async #unpack(bytes: Uint8Array<ArrayBuffer> | undefined): Promise<Unpacked | undefined> {
    if (bytes === undefined) return undefined;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const content = await this.#options.gunzip(bytes).catch(() => undefined);
    return { bytes: bytes.length, sha256, content };
  }

  #segment(n: number, unpacked: Unpacked | undefined, manifest: Manifest | undefined): void {
    const file = paths.segment(n);
    if (unpacked === undefined) return;
    const { bytes, sha256, content } = unpacked;
    if (manifest !== undefined && (sha256 !== manifest.sha256 || bytes !== manifest.bytes)) {
      this.#add("root", "its bytes are not those that the manifest names", { file });
    }
    if (content === undefined) return this.#add("damaged", "it cannot be unpacked", { file });
    const { events, root, parts } = this.#readLines(file, content);
    if (manifest === undefined) return;
    if (events !== manifest.events) {
      this.#add("root", `it has ${events} events, the manifest says ${manifest.events}`, {
        file,
      });
    }
    if (root !== manifest.root) {
      this.#add("root", "its events are not those that were signed", { file });
    }
    for (const where of strangeParts(manifest.streams, parts)) {
      this.#add("root", "the stream's part of the segment is not what was signed", {
        file,
        ...where,
      });
    }
    if (parts.size > manifest.streams.length) {
      this.#add("root", "it has streams that were not signed", { file });
    }
  }

  /** Checks the lines of a segment; what is found is told in their order. */
  #readLines(file: string, content: SegmentText): ReadSegment {
    const found: { kind: FindingKind; message: string; where: Partial<Finding> }[] = [];
    let line: ScannedLine | undefined;
    let number = 0;
    const report = (kind: FindingKind, message: string): void => {
      // A finding outlives the segment, whose text its names are parts of.
      const event = line === undefined ? {} : { stream: flat(line.stream), seq: line.seq };
      found.push({ kind, message, where: { file, line: number, ...event } });
    };
    // A base is folded in the order in which the shard took the events.
    const isFolding = this.#bases?.isFolding === true;
    const take = (next: ScannedLine | undefined, place: number): void => {
      line = next;
      number = place;
      if (line === undefined) return report("damaged", "it is not an event");
      if (line.isAltered) report("chain", "the event was altered");
      if (line.organisation !== this.#organisationText) {
        report("link", "it belongs to another organisation");
      }
      this.#streams.take(line, report, place);
      if (isFolding && this.#bases?.isFolding === true) this.#bases.take(line.whole());
    };
    // The chain alone keeps next to nothing of a stream that could be at hand.
    const read = readSegment(content, take, isFolding || this.#depth === "chain");
    this.#events += read.events;
    this.#streams.endSegment((message, place) =>
      found.push({ kind: "policy", message, where: { file, ...place } }),
    );
    found.sort((a, b) => (a.where.line ?? 0) - (b.where.line ?? 0));
    for (const { kind, message, where } of found) this.#add(kind, message, where);
    return read;
  }

  #trusted(first: number, segments: number): void {
    const origin = originOf(this.#artefacts.shard);
    for (const { size, origin: of } of this.#options.trusted ?? []) {
      if (of !== origin) continue;
      if (size > segments) {
        this.#add(
          "fork",
          `${size} segments were seen before, ${segments} are here: the tail is gone`,
        );
      } else if (size < first) {
        const message = `${size} segments were seen before, and the archive begins with a base of ${first}: whether that is what followed cannot be told any more`;
        this.#add("fork", message);
      }
    }
  }
}
