/**
 * Verifies an exported audit list with its proof: every event is proven as evidence is, every entry is
 * folded from its events again, and what that gives has to be the export, byte by byte.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "#events/canonical.ts";
import { unseal, type SealedEvent } from "#events/envelope.ts";
import { isSignedBy, parseNote } from "#events/note.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { readLine } from "#events/segment.ts";
import { upcast } from "#events/upcast.ts";
import { audit, auditTable } from "../audit.ts";
import type { AuditEntry } from "../audit-entry.ts";
import { headOf, textOf } from "../out/audit-list.ts";
import {
  eventPlace,
  EXPORT_ORIGIN,
  ListProofEnd,
  ListProofEntries,
  ListProofHead,
  ListStatement,
  placesOf,
} from "../out/list-proof.ts";
import { Evidence, verifyEvidence } from "./evidence.ts";
import { Findings, type Finding } from "./finding.ts";

/** What was verified. */
export interface ListReport {
  /** What the key's holder signed; absent where it cannot be read. */
  statement?: ListStatement;
  entries: number;
  findings: Finding[];
  /** All findings, also those that are not listed. */
  count: number;
}

export interface ListCheckOptions {
  publicKeys: readonly Uint8Array<ArrayBuffer>[];
  /** The export; without it, what the proof makes of it is not compared. */
  exported?: Uint8Array | undefined;
  /** Hears the export as it follows from the proof, part by part. */
  onText?: (text: string) => void;
  /** Hears each entry that follows from proven events. */
  onEntry?: (entry: AuditEntry) => void;
}

type Entries = (typeof ListProofEntries)["_output"]["entries"];
const Line = [ListProofEntries, ListProofEnd, Evidence] as const;

export class ListCheck {
  readonly #options: ListCheckOptions;
  readonly #findings = new Findings();
  readonly #lines = createHash("sha256");
  readonly #export = createHash("sha256");
  readonly #encoder = new TextEncoder();
  /** Events of the page, by their place. */
  #events = new Map<string, SealedEvent>();
  #head: ReturnType<typeof ListProofHead.parse> | undefined;
  #end: { note: string; proof: string } | undefined;
  #number = 0;
  #entries = 0;
  #unproven = 0;
  #bytes = 0;
  #isOther = false;

  constructor(options: ListCheckOptions) {
    this.#options = options;
  }

  /** Takes the proof's next line, without its line break. */
  async take(line: string): Promise<void> {
    this.#number += 1;
    const json = tryParseJson(line);
    // One text for one value: so no byte of a line can change unseen.
    const isWritten = json !== undefined && JSON.stringify(json) === line;
    if (!isWritten || this.#end !== undefined) return this.#damaged();
    if (this.#head === undefined) return this.#begin(json, line);
    const known = Line.find((schema) => schema.safeParse(json).success);
    if (known === ListProofEnd) {
      const { note } = json as ReturnType<typeof ListProofEnd.parse>;
      this.#end = { note, proof: this.#lines.digest("hex") };
      return;
    }
    this.#lines.update(`${line}\n`);
    if (known === undefined) this.#damaged();
    else if (known === Evidence) await this.#prove(json as Evidence);
    else this.#show((json as { entries: Entries }).entries);
  }

  /** The proof is at its end; `isCut` where its last line has no line break. */
  async end(isCut = false): Promise<ListReport> {
    const statement = await this.#statement();
    if (isCut) this.#add("damaged", "its last line has no end");
    if (statement !== undefined) this.#compare(statement);
    const { exported } = this.#options;
    if (exported !== undefined && !this.#isOther && exported.length > this.#bytes) {
      this.#add(
        "unexpected",
        `the export has ${exported.length - this.#bytes} bytes after its last entry`,
      );
    }
    const { list: findings, count } = this.#findings;
    const told = { entries: this.#entries, findings, count };
    return statement === undefined ? told : { ...told, statement };
  }

  #begin(json: unknown, line: string): void {
    const head = ListProofHead.safeParse(json);
    if (!head.success) return this.#damaged();
    this.#lines.update(`${line}\n`);
    this.#head = head.data;
    this.#text(headOf(head.data.format), "its first line");
  }

  async #prove(bundle: Evidence): Promise<void> {
    for (const finding of await verifyEvidence(bundle, this.#options.publicKeys)) {
      this.#findings.add(finding);
    }
    for (const { line } of bundle.events) {
      const event = readLine(line);
      if (event === undefined) continue;
      this.#events.set(eventPlace(bundle.shard, event.stream, event.epoch, event.seq), event);
    }
  }

  #show(entries: Entries): void {
    const { format = "ndjson" } = this.#head ?? {};
    for (const { shard, text, ...source } of entries) {
      this.#entries += 1;
      if (text !== undefined) {
        this.#unproven += 1;
        this.#text(text, `entry ${this.#entries}`);
        continue;
      }
      const events = placesOf(shard, source).map((place) => this.#events.get(place));
      const entry = entryOf(events.flatMap((event) => event ?? []));
      if (entry === undefined || events.includes(undefined)) {
        const where = { shard, stream: source.stream };
        this.#add("missing", `entry ${this.#entries} has not the events that it names`, where);
        continue;
      }
      this.#options.onEntry?.(entry);
      this.#text(textOf(entry, format), `entry ${this.#entries}, ${entry.id},`);
    }
    this.#events = new Map();
  }

  /** The next part of the export, as it follows from the proof. */
  #text(text: string, what: string): void {
    const { exported, onText } = this.#options;
    const bytes = this.#encoder.encode(text);
    this.#export.update(text);
    onText?.(text);
    const is = exported?.subarray(this.#bytes, this.#bytes + bytes.length);
    this.#bytes += bytes.length;
    if (is === undefined || this.#isOther || isSame(is, bytes)) return;
    // What follows is not in its place either.
    this.#isOther = true;
    this.#add("unexpected", `${what} of the export is not what the log says`);
  }

  async #statement(): Promise<ListStatement | undefined> {
    const note = this.#end && parseNote(this.#end.note);
    if (note === undefined) {
      this.#add("missing", "it does not end with what was signed");
      return undefined;
    }
    const [name, json = "", ...rest] = note.text.split("\n");
    const parsed = ListStatement.safeParse(tryParseJson(json));
    const isForm = name === EXPORT_ORIGIN && rest.length === 1 && rest[0] === "";
    if (!parsed.success || !isForm || canonicalJson(parsed.data) !== json) {
      this.#add("damaged", "what was signed is no export");
      return undefined;
    }
    const keys = this.#options.publicKeys.map((publicKey) => ({ name: EXPORT_ORIGIN, publicKey }));
    if (!(await isSignedBy(note, keys))) this.#add("signature", "no known key has signed it");
    return parsed.data;
  }

  #compare(said: ListStatement): void {
    if (said.proof !== this.#end?.proof) {
      this.#add("signature", "the proof is not the one that was signed");
    }
    const is = {
      format: this.#head?.format,
      entries: this.#entries,
      unproven: this.#unproven,
      bytes: this.#bytes,
      sha256: this.#export.digest("hex"),
    };
    const wrong = (Object.keys(is) as (keyof typeof is)[]).find((name) => is[name] !== said[name]);
    if (wrong === undefined) return;
    this.#add("unexpected", `what follows from the proof is not what was signed (${wrong})`);
  }

  #damaged(): void {
    this.#add("damaged", `line ${this.#number} is not one of a proof`, { line: this.#number });
  }

  #add(kind: Finding["kind"], message: string, where: Partial<Finding> = {}): void {
    this.#findings.add({ kind, message, shard: "export", ...where });
  }
}

/** An entry out of its events, in order; undefined where they make none. Total. */
function entryOf(events: readonly SealedEvent[]): AuditEntry | undefined {
  try {
    return foldOf(events);
  } catch {
    // What was altered may have any shape; that it was is a finding of its own.
    return undefined;
  }
}

function foldOf(events: readonly SealedEvent[]): AuditEntry | undefined {
  let entry: AuditEntry | undefined;
  for (const sealed of events) {
    const read = upcast(unseal(sealed));
    if (read.kind !== "known") return undefined;
    for (const { patch } of audit.fold(read.event, entry)) {
      entry = auditTable.combine(entry, patch as never);
    }
  }
  // As the view keeps it, and so as it is exported.
  return entry && auditTable.fromRow(auditTable.toRow(entry));
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
