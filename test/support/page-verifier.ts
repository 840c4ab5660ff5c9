/**
 * A verifier of an archive by somebody who has only docs/reference/log-format.md (and the RFCs and C2SP
 * pages that it names): nothing of the gateway is imported, and everything is worked out anew.
 *
 * Checks 1 to 4, 6 and 9 of the page: artefacts, links, roots and signatures, chains, budgets, and a
 * checkpoint that was kept. Decisions are the gateway's own code, which nobody has from the page.
 */
import { createPublicKey, verify } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { PageBooks, type PackedBooks } from "./page-books.ts";
import { canonical, grown, leafOf, rootOf, rootOfTree, sha256, type Tree } from "./page-tree.ts";

type Json = Record<string, unknown>;

const NONE = "0".repeat(64);

/** What is wrong with a checkpoint, and what it says. */
function readCheckpoint(text: string, origin: string, keys: readonly string[]) {
  const [, said = "", name, encoded = ""] =
    /^([^\n]+\n(?:0|[1-9]\d*)\n[A-Za-z0-9+/=]+\n)\n\u2014 (\S+) (\S+)\n$/.exec(text) ?? [];
  const [from, size, root = ""] = said.split("\n");
  const bytes = Buffer.from(encoded, "base64");
  const isPlain = bytes.toString("base64") === encoded;
  const isSigned = keys.some((key) => {
    const publicKey = Buffer.from(key, "base64");
    const id = sha256(`${origin}\n`, Buffer.of(1), publicKey).subarray(0, 4);
    const jwk = { kty: "OKP", crv: "Ed25519", x: publicKey.toString("base64url") };
    const opened = createPublicKey({ key: jwk, format: "jwk" });
    const isIts = name === origin && bytes.subarray(0, 4).equals(id);
    return isIts && verify(null, Buffer.from(said), opened, bytes.subarray(4));
  });
  const isFine = isPlain && isSigned && from === origin;
  return { isFine, size: Number(size), root };
}

interface Stream {
  epoch: number;
  seq: number;
  hash: string;
  at: number;
  /** Events to come of a fork's other branch. */
  carried: number;
  books: PageBooks;
}
const begun = (): Stream => ({
  epoch: 1,
  seq: 0,
  hash: NONE,
  at: 0,
  carried: 0,
  books: new PageBooks(),
});

/** An archive as the page's reader holds it: one shard's files by path. */
export class PageVerifier {
  readonly faults: string[] = [];
  events = 0;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #streams = new Map<string, Stream>();
  #organisation: unknown;
  #previous = NONE;
  #tree: Tree = [];
  #segments = 0;

  constructor(files: ReadonlyMap<string, Uint8Array>) {
    this.#files = files;
  }

  /** Everything that is wrong. `kept` are checkpoints of earlier days. */
  verify(shard: string, keys: readonly string[], kept: readonly string[] = []): string[] {
    const origin = `tallygate/${shard}`;
    const first = this.#begin();
    const trusted = kept.map((text) => readCheckpoint(text, origin, keys));
    for (let n = first; n < this.#segments; n += 1) {
      const note = (): string => this.#text("checkpoints", n, "txt");
      this.#attempt(`segment ${n}`, () => this.#segment(n, shard));
      this.#attempt(`checkpoint ${n}`, () => {
        const { isFine, size, root } = readCheckpoint(note(), origin, keys);
        const is = rootOfTree(this.#tree).toString("base64");
        this.#check(isFine && size === n + 1 && root === is, `checkpoint ${n}`);
        const before = trusted.filter((one) => one.size === size);
        this.#check(
          before.every((one) => one.isFine && one.root === is),
          `what was seen of ${size}`,
        );
      });
      const cosigned = this.#files.get(`cosigned/${placeOf(n)}.txt`);
      if (cosigned !== undefined)
        this.#check(Buffer.from(cosigned).toString().startsWith(note()), `cosigned ${n}`);
    }
    this.#check(
      trusted.every(({ size }) => size <= this.#segments),
      "the tail is gone",
    );
    return this.faults;
  }

  /** Which artefacts there are, and where they begin. */
  #begin(): number {
    const places = new Map<string, number[]>();
    for (const path of this.#files.keys()) {
      if (path === "views.json") continue;
      const [, kind = "", n, end] = /^(\w+)\/(\d{10})\.(.+)$/.exec(path) ?? [];
      this.#check(ends[kind] === end && end !== undefined, `${path} is no artefact`);
      places.set(kind, [...(places.get(kind) ?? []), Number(n)]);
    }
    const all = places.get("manifests") ?? [];
    this.#segments = Math.max(0, ...[...places.values()].flat().map((n) => n + 1), 0);
    for (const base of places.get("bases") ?? [])
      this.#segments = Math.max(...all.map((n) => n + 1), base);
    const first = Math.min(...all);
    if (first > 0) this.#attempt(`base ${first}`, () => this.#fromBase(first));
    return Number.isFinite(first) ? first : 0;
  }

  /** Goes on from a base: the log's tree and where each stream stands. */
  #fromBase(n: number): void {
    const text = gunzipSync(this.#file(`bases/${placeOf(n)}.ndjson.gz`)).toString();
    const [head, ...rest] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Json);
    const { size, roots } = (head ?? {})["tree"] as { size: number; roots: string[] };
    let left = size;
    this.#tree = roots.map((root) => {
      const part = 2 ** Math.floor(Math.log2(left));
      left -= part;
      return { size: part, root: Buffer.from(root, "hex") };
    });
    this.#previous = String(head?.["previous"]);
    this.#organisation = head?.["organisation"];
    this.events = Number(head?.["position"]);
    for (const line of rest.filter(({ kind }) => kind === "stream")) {
      const books = new PageBooks(line["tally"] as PackedBooks | null);
      this.#streams.set(String(line["stream"]), { ...(line as unknown as Stream), books });
    }
  }

  #segment(n: number, shard: string): void {
    const text = this.#text("manifests", n, "json");
    const manifest = JSON.parse(text) as Json;
    const packed = this.#file(`segments/${placeOf(n)}.ndjson.gz`);
    this.#organisation ??= manifest["organisation"];
    const named = { v: 1, organisation: this.#organisation, shard, n, position: this.events };
    const linked = { ...named, previous: this.#previous, bytes: packed.length };
    const lines = gunzipSync(packed).toString().split("\n");
    this.#check(lines.pop() === "", `segment ${n} does not end with a line break`);
    const parts = new Map<string, Json>();
    const leaves = lines.map((line, index) =>
      leafOf(this.#event(line, `${n}:${index + 1}`, parts)),
    );
    this.#previous = sha256(text).toString("hex");
    this.#tree = grown(this.#tree, leafOf(text));
    const found = {
      ...linked,
      sha256: sha256(packed).toString("hex"),
      events: lines.length,
      root: rootOf(leaves).toString("hex"),
      streams: [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part),
    };
    const { at: _begun, base, ...rest } = manifest;
    this.#check(`${canonical(manifest)}\n` === text, `manifest ${n} is not canonical`);
    this.#check(canonical(rest) === canonical(found), `manifest ${n} is not that of what is there`);
    if (base !== undefined) this.#base(base as Json);
  }

  /** A base that a manifest names is the one that is there, if it is. */
  #base(named: Json): void {
    const packed = this.#files.get(`bases/${placeOf(Number(named["segments"]))}.ndjson.gz`);
    if (packed === undefined) return;
    const lines = gunzipSync(packed).toString().split("\n").slice(0, -1);
    const root = rootOf(lines.map(leafOf)).toString("hex");
    const { segments } = named;
    const is = {
      segments,
      lines: lines.length,
      bytes: packed.length,
      root,
      sha256: sha256(packed).toString("hex"),
    };
    this.#check(canonical(is) === canonical(named), `base ${String(named["segments"])}`);
  }

  /** Checks a line, and gives what is hashed into the segment's tree. */
  #event(line: string, where: string, parts: Map<string, Json>): Buffer {
    const event = JSON.parse(line) as Json & Stream & { prev: string; type: string; data: Json };
    const { hash, ...body } = event;
    const { stream: name, epoch, seq, prev, at } = event as typeof event & { stream: string };
    const stream = this.#streams.get(name) ?? begun();
    this.#streams.set(name, stream);
    const isForked = epoch === stream.epoch + 1 && event.type === "StreamForked";
    const isOwn = canonical(event) === line && sha256(canonical(body)).toString("hex") === hash;
    const isNext = seq === stream.seq + 1 && prev === stream.hash && at >= stream.at;
    this.#check(isOwn && event["organisation"] === this.#organisation, `${where} was altered`);
    this.#check(isNext && (epoch === stream.epoch || isForked), `${where} does not follow`);
    const key = `${name} ${String(epoch).padStart(10, "0")}`;
    const part = parts.get(key) ?? { stream: name, epoch, first: seq, prev };
    parts.set(key, { ...part, last: seq, head: hash });
    Object.assign(stream, { epoch, seq, hash, at });
    const isCarried = stream.carried > 0;
    if (isCarried) stream.carried -= 1;
    if (isForked) stream.carried = Number(event.data["carried"]);
    const isWithin = stream.books.take(event.type, event.data);
    this.#check(isWithin || isCarried, `${where} passes a budget`);
    this.events += 1;
    return Buffer.from(hash, "hex");
  }

  #file(path: string): Uint8Array {
    const bytes = this.#files.get(path);
    if (bytes === undefined) throw new Error(`${path} is missing`);
    return bytes;
  }

  #text(kind: string, n: number, end: string): string {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      this.#file(`${kind}/${placeOf(n)}.${end}`),
    );
  }

  #check(holds: boolean, what: string): void {
    if (!holds) this.faults.push(what);
  }

  #attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.faults.push(`${what}: ${String(error)}`);
    }
  }
}

const ends: Record<string, string> = {
  segments: "ndjson.gz",
  manifests: "json",
  checkpoints: "txt",
  bases: "ndjson.gz",
  cosigned: "txt",
};
const placeOf = (n: number): string => String(n).padStart(10, "0");
