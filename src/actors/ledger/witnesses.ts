/**
 * Asks witnesses to cosign the shard's checkpoints, as C2SP tlog-witness says: each is shown that
 * the log has only grown since what it cosigned last.
 *
 * Invariants: the archive waits for no witness; a cosigned checkpoint is kept once a quorum has
 * cosigned it, and the checkpoint itself stays as it is; a witness that says that the log is not
 * the one it saw is a fault for a human.
 */
import { cosignedAt, readWitnessKey, type WitnessKey } from "#events/cosignature.ts";
import { manifestLeaf, paths, type Frontier } from "#events/manifest.ts";
import { consistencyFrom, type Hash } from "#events/merkle.ts";
import { parseNote, toBase64 } from "#events/note.ts";
import { tryParseJson } from "#events/parse-json.ts";
import * as z from "zod";
import type { ArchiveStore } from "./archive-store.ts";
import { readText } from "./evidence.ts";
import {
  witnessAnswerCharsMax,
  witnessesMax,
  witnessManifestsMax,
  witnessRetryMaxMs,
  witnessRetryMs,
  witnessTimeoutMs,
} from "./limits.ts";
import type { Meta } from "./meta.ts";
import type { CountingSql } from "./sql.ts";

const SCHEMA = `CREATE TABLE IF NOT EXISTS witnesses (
  name TEXT PRIMARY KEY, size INTEGER NOT NULL, line TEXT, failures INTEGER NOT NULL,
  next_at INTEGER NOT NULL, trouble TEXT
) STRICT, WITHOUT ROWID`;

const COSIGNED = "cosigned";

const Configured = z.strictObject({
  /** How many have to cosign before a cosigned checkpoint is kept. */
  quorum: z.int().min(1).max(witnessesMax).default(1),
  witnesses: z
    .array(
      z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(500), key: z.string().max(500) }),
    )
    .min(1)
    .max(witnessesMax),
});

/** Witnesses of the deployment, each with where it is asked. */
export interface WitnessConfig {
  quorum: number;
  witnesses: { url: string; key: WitnessKey }[];
}

/** Reads `TALLYGATE_WITNESSES`; why it is not usable, otherwise. */
export function readWitnesses(text: string): WitnessConfig | string {
  const parsed = Configured.safeParse(tryParseJson(text));
  if (!parsed.success) return "TALLYGATE_WITNESSES is not {quorum, witnesses: [{url, key}]}";
  const { quorum, witnesses } = parsed.data;
  const read = witnesses.flatMap(({ url, key }) => {
    const known = readWitnessKey(key);
    return known === undefined ? [] : [{ url: url.replace(/\/$/, ""), key: known }];
  });
  const names = new Set(read.map(({ key }) => key.name));
  if (names.size < witnesses.length) return "a witness's key is none, or a name is there twice";
  if (quorum > names.size) return "the quorum is larger than the number of witnesses";
  return { quorum, witnesses: read };
}

export interface WitnessesSetup {
  sql: CountingSql;
  meta: Pick<Meta, "get" | "set">;
  /** `TALLYGATE_WITNESSES`. */
  configured: string | undefined;
  readonly store: () => ArchiveStore;
  /** How many segments are archived, and the tree after so many. */
  readonly size: () => number;
  readonly treeAt: (size: number) => Frontier | undefined;
  readonly fetcher: typeof fetch;
  readonly now: () => number;
  /** Told of a witness that saw another log. */
  readonly onFork: (message: string, size: number) => void;
}

interface WitnessRow {
  name: string;
  /** What it cosigned last, and its line for that. */
  size: number;
  line: string | null;
  failures: number;
  nextAt: number;
  trouble: string | null;
}

type Witness = WitnessConfig["witnesses"][number];

/** Why a witness did not cosign; `fork` where it saw another log. */
interface Refusal {
  trouble: string;
  fork?: string;
}

export class Witnesses {
  readonly #setup: WitnessesSetup;
  readonly #config: WitnessConfig | string | undefined;

  constructor(setup: WitnessesSetup) {
    this.#setup = setup;
    this.#config = setup.configured ? readWitnesses(setup.configured) : undefined;
    if (this.#config !== undefined) setup.sql.run(SCHEMA);
  }

  /** Why checkpoints are not cosigned, where they should be. */
  get trouble(): string | undefined {
    if (this.#config === undefined || typeof this.#config === "string") return this.#config;
    const rows = this.#config.witnesses.map(({ key }) => this.#row(key.name));
    const failing = rows.find(({ trouble }) => trouble !== null);
    const well = rows.filter(({ trouble }) => trouble === null).length;
    if (failing === undefined || well >= this.#config.quorum) return undefined;
    return `witness ${failing.name}: ${failing.trouble ?? ""}`;
  }

  /** The last segment whose checkpoint enough of them cosigned. */
  get cosigned(): number | undefined {
    const kept = this.#setup.meta.get(COSIGNED);
    return kept === undefined ? undefined : Number(kept);
  }

  /** Asks those who are behind. Returns when to come again, milliseconds or Infinity. */
  async step(at: number): Promise<number> {
    const config = this.#config;
    const size = this.#setup.size();
    if (config === undefined || typeof config === "string" || size === 0) return Infinity;
    const note = await readText(this.#setup.store(), paths.checkpoint(size - 1));
    const due = config.witnesses.filter(({ key }) => {
      const row = this.#row(key.name);
      return row.size < size && row.nextAt <= at;
    });
    const forks = await Promise.all(due.map((witness) => this.#ask(witness, size)));
    // They are asked at once and told of in their order, whoever answers first.
    for (const fork of forks) if (fork !== undefined) this.#setup.onFork(fork, size);
    await this.#keep(config, size, note);
    const rows = config.witnesses.map(({ key }) => this.#row(key.name));
    const waiting = rows.filter((row) => row.size < size);
    return Math.min(Infinity, ...waiting.map(({ nextAt }) => Math.max(nextAt, at)));
  }

  /** Shows one witness the log's growth, part by part where that is much; says if it saw another log. */
  async #ask(witness: Witness, size: number): Promise<string | undefined> {
    const { name } = witness.key;
    try {
      for (let tries = 0; tries < 3; tries += 1) {
        const row = this.#row(name);
        if (row.size >= size) return undefined;
        const to = row.size === 0 ? size : Math.min(size, row.size + witnessManifestsMax);
        const refusal = await this.#submit(witness, row.size, to);
        if (refusal === undefined) continue;
        this.#comeLater(row, refusal.trouble);
        return refusal.fork;
      }
      this.#write({ ...this.#row(name), nextAt: this.#setup.now() });
    } catch (error) {
      const slow = error instanceof Error && error.name === "TimeoutError";
      const why = error instanceof Error ? error.message.slice(0, 200) : "it could not be asked";
      this.#comeLater(this.#row(name), slow ? "it did not answer in time" : why);
    }
    return undefined;
  }

  /** Asks for a cosignature of a size; why there is none. */
  async #submit({ url, key }: Witness, from: number, to: number): Promise<Refusal | undefined> {
    const { fetcher, store } = this.#setup;
    const note = await readText(store(), paths.checkpoint(to - 1));
    const proof = from === 0 || from === to ? [] : await this.#growth(from, to);
    const lines = [`old ${from}`, ...proof.map((hash) => toBase64(bytesOf(hash))), "", note];
    const response = await fetcher(`${url}/add-checkpoint`, {
      method: "POST",
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: lines.join("\n"),
      redirect: "manual",
      signal: AbortSignal.timeout(witnessTimeoutMs),
    });
    const text = (await response.text()).slice(0, witnessAnswerCharsMax);
    if (response.status === 409) return this.#conflict(key, text, from, to);
    if (response.status === 422) return forked(key, to);
    if (response.status !== 200) return { trouble: `it answered ${response.status}` };
    const own = text.split("\n").filter((line) => line.startsWith(`— ${key.name} `));
    for (const line of own) {
      const cosigned = parseNote(`${note}${line}\n`);
      if (cosigned === undefined || (await cosignedAt(cosigned, key)) === undefined) continue;
      const done = { failures: 0, nextAt: 0, trouble: null };
      this.#write({ name: key.name, size: to, line, ...done });
      return undefined;
    }
    return { trouble: "its answer is no cosignature by its key" };
  }

  /** It cosigned another size than we knew: from there on it can be shown the growth. */
  #conflict(key: WitnessKey, text: string, from: number, to: number): Refusal | undefined {
    const seen = /^(0|[1-9]\d{0,14})\n$/.exec(text)?.[1];
    const size = Number(seen);
    if (seen === undefined || size > to || size === from) return forked(key, to);
    this.#write({ ...this.#row(key.name), size, line: null });
    return undefined;
  }

  async #growth(from: number, to: number): Promise<Hash[]> {
    const before = this.#setup.treeAt(from);
    if (before === undefined) throw new Error(`it cosigned ${from} segments, which are not known`);
    const added: Hash[] = [];
    for (let n = from; n < to; n += 1) {
      added.push(manifestLeaf(await readText(this.#setup.store(), paths.manifest(n))));
    }
    return consistencyFrom(before.roots, from, added);
  }

  /** Keeps the checkpoint with its cosignatures, once there are enough. */
  async #keep({ quorum, witnesses }: WitnessConfig, size: number, note: string): Promise<void> {
    const rows = witnesses.map(({ key }) => this.#row(key.name));
    const lines = rows.flatMap((row) => (row.size === size && row.line ? [row.line] : []));
    if (lines.length < quorum) return;
    const text = `${note}${lines.map((line) => `${line}\n`).join("")}`;
    await this.#setup.store().create(paths.cosigned(size - 1), new TextEncoder().encode(text));
    if (this.cosigned !== size - 1) this.#setup.meta.set(COSIGNED, String(size - 1));
  }

  #comeLater(row: WitnessRow, trouble: string): void {
    const failures = row.failures + 1;
    const wait = Math.min(witnessRetryMs * 2 ** Math.min(failures - 1, 30), witnessRetryMaxMs);
    this.#write({ ...this.#row(row.name), failures, trouble, nextAt: this.#setup.now() + wait });
  }

  #row(name: string): WitnessRow {
    const [row] = this.#setup.sql.run<WitnessRow & Record<string, string | number | null>>(
      "SELECT name, size, line, failures, next_at AS nextAt, trouble FROM witnesses WHERE name = ?",
      name,
    );
    return row ?? { name, size: 0, line: null, failures: 0, nextAt: 0, trouble: null };
  }

  #write({ name, size, line, failures, nextAt, trouble }: WitnessRow): void {
    this.#setup.sql.run(
      "INSERT OR REPLACE INTO witnesses VALUES (?, ?, ?, ?, ?, ?)",
      name,
      size,
      line,
      failures,
      nextAt,
      trouble,
    );
  }
}

function forked({ name }: WitnessKey, size: number): Refusal {
  const fork = `witness ${name} cosigned another log than this one: ${size} segments do not follow from it`;
  return { trouble: "it has seen another log", fork };
}

function bytesOf(hash: Hash): Uint8Array {
  return Uint8Array.from(hash.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
