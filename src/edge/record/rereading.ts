/**
 * Kept texts of a time read again under a draft's data rules, for a what-if: opened with each
 * person's own key, a few at a time, and thrown away but for names of rules and counts.
 *
 * Invariants: the read is recorded, with what was asked, before a text is opened, and is for the roles
 * alone that policy lets read kept texts; texts never enter an actor; what cannot be read is counted,
 * by reason, and never taken for clean.
 */
import type { WhatIfQuery } from "#actors/ledger/what-if.ts";
import { compileDlp, type DlpProgram } from "#dlp/program.ts";
import { canonicalJson } from "#events/canonical.ts";
import { hashPolicy } from "#policy/hash.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import type { Books } from "#projections/what-if/one-member.ts";
import { Sample } from "#projections/what-if/sample.ts";
import {
  noTexts,
  noteAnswer,
  type Reread,
  type Rereads,
  type TextsFate,
  type TextsTold,
} from "#projections/what-if/texts.ts";
import { recordAccess } from "../access.ts";
import { GatewayError } from "../errors.ts";
import { fateOf, KeptTexts } from "../payloads/kept-texts.ts";
import { rereadAtOnce, rereadTextsMax } from "../payloads/limits.ts";
import { rereadPayload } from "../payloads/reread.ts";
import { currentPolicy } from "../policy-cache.ts";
import type { Reader, Shard } from "./reader.ts";

/** Entries asked of a ledger at once: each page is one of the run's calls. */
const pageEntries = 500;

/** What a shard's kept texts came to. */
export interface Reading {
  rereads: Rereads;
  told: TextsTold;
}

export class Rereading {
  readonly #query: WhatIfQuery;
  readonly #program: DlpProgram;
  readonly #sample: Sample;
  readonly #texts: KeptTexts;
  readonly #books: Books;
  #opened = 0;

  /** `books` are those of members who are split: who is taken for a sample is taken with all streams. */
  constructor({ c }: Reader, query: WhatIfQuery, books: Books) {
    this.#query = query;
    this.#books = books;
    this.#program = compileDlp(query.document.dlp.rules);
    this.#sample = new Sample(query.sample ?? 1);
    this.#texts = new KeptTexts(c.env);
  }

  /** Reads a shard's, telling how many were read as it goes. */
  async *shard({ ledger }: Shard): AsyncGenerator<{ texts: number }, Reading> {
    const { from, to } = this.#query;
    const reading: Reading = { rereads: {}, told: noTexts() };
    let cursor: string | undefined;
    do {
      const page = await ledger.auditEvents({
        filter: { kind: "request", from, to },
        limit: pageEntries,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const entries = page.entries.filter((entry) => this.#wants(entry));
      for (let at = 0; at < entries.length; at += rereadAtOnce) {
        const some = entries.slice(at, at + rereadAtOnce);
        await Promise.all(some.map((entry) => this.#read(entry, reading)));
        yield { texts: this.#opened };
      }
      cursor = page.next;
    } while (cursor !== undefined);
    return reading;
  }

  /** Requests that a provider was asked for: of one that was refused nothing is kept. */
  #wants({ kind, outcome, source }: AuditEntry): boolean {
    const isEnded = outcome !== "refused" && outcome !== "released" && outcome !== "admitted";
    return (
      kind === "request" &&
      isEnded &&
      this.#sample.has(this.#books.get(source.stream) ?? source.stream)
    );
  }

  async #read(entry: AuditEntry, { rereads, told }: Reading): Promise<void> {
    const fate = await this.#fate(entry, rereads, told);
    told[fate] += 1;
  }

  async #fate(entry: AuditEntry, rereads: Rereads, told: TextsTold): Promise<TextsFate> {
    const known = fateOf(entry, Date.now());
    if (known !== undefined) return known;
    if (this.#opened >= rereadTextsMax) return "over";
    this.#opened += 1;
    const kept = await this.#texts.open(entry);
    if (typeof kept === "string") return kept;
    const found = rereadPayload(this.#program, entry, kept.payload);
    if (found === undefined) return "unread";
    const { prompt, answer } = found;
    const reread: Reread = {};
    if (prompt.by !== undefined) reread.by = prompt.by;
    if (prompt.hides.length > 0) reread.hides = prompt.hides;
    if (prompt.by !== undefined || prompt.hides.length > 0) rereads[entry.id] = reread;
    // What a prompt's rule blocks has no answer.
    if (prompt.by === undefined && answer !== undefined) noteAnswer(told, answer.by, answer.hides);
    // What was cut off may have held more.
    return answer === undefined || entry.payload?.truncated === true ? "unread" : "read";
  }
}

/** Opens the kept texts for a what-if: for whom policy names, and recorded before anything is read. */
export async function openRereading(
  reader: Reader,
  query: WhatIfQuery,
  books: Books,
): Promise<Rereading> {
  const { c, principal } = reader;
  const { organisation, member } = principal;
  const policy = await currentPolicy(c.env, c.executionCtx, organisation);
  const readers = policy.snapshot.document.payloads?.readers ?? ["auditor"];
  const { document, from, to, sample } = query;
  const asked = { draft: hashPolicy(document), from, to, ...(sample === 1 ? {} : { sample }) };
  await recordAccess(c.req.raw, c.env, principal, "payload.reread", canonicalJson(asked));
  if (!readers.includes(member.role)) {
    throw new GatewayError(
      "forbidden",
      `What is kept of texts is for ${readers.join(" and ") || "nobody"}; your role is ${member.role}. Ask without texts, or have payloads.readers name it.`,
    );
  }
  return new Rereading(reader, query, books);
}
