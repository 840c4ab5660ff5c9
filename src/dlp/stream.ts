/**
 * Redacting a text that arrives in pieces. Held back is only what a continuation could still
 * change, so that for any split the pieces add up to the redaction of the whole.
 */
import { ALNUM, DASH, LOCAL, is } from "./kit/chars.ts";
import { Codes } from "./kit/codes.ts";
import { BATCH_CHARS, EAGER_CHARS, KEPT_CHARS, STEP_BACK_CHARS } from "./limits.ts";
import { entityMatches, type EntitySpan } from "./entities.ts";
import type { DlpProgram, Plan } from "./program.ts";
import { note, replacementFor } from "./replace.ts";
import { byStart, resolve } from "./resolve.ts";
import type { Finding, Where } from "./rule.ts";
import type { Match } from "./match.ts";
import { quietHold, scanFrom } from "./scan.ts";
import { swallow } from "./swallow.ts";
import type { Vault } from "./vault.ts";

/** What one push released. `blockedBy` is set once; after it nothing is released any more. */
export interface StreamStep {
  text: string;
  findings: Finding[];
  blockedBy?: string;
}

export interface StreamRedactor {
  /** Takes the next piece and releases what is final. */
  push(delta: string): StreamStep;
  /** The text is over: releases the rest. */
  end(): StreamStep;
}

/** A stream of one piece, for whole texts. */
export interface WholeRedactor extends StreamRedactor {
  /** `spans` are what a service found, in offsets of this text. */
  pushLast(text: string, spans?: readonly EntitySpan[]): StreamStep;
}

/** What `normalise` may change, and surrogates, which no hold may part. */
const ODD =
  /%(?:[0-9A-Fa-f]|$)|&(?:[#a-z]|$)|\u034f|[\u00a0\u00ad\u061c\u180e\u2000-\u206f\ud800-\udfff\ufeff\uff00-\uffef]/;
/** A buffer is cut when this much of it was released: cutting at every step copies it every time. */
const RELEASED_CHARS_MAX = 224;

/** Whether nothing from an index on ends a word, as `wordStart` of the engine sees words. */
function isWord(text: string, from: number): boolean {
  for (let i = from; i < text.length; i += 1)
    if (!is(text.charCodeAt(i), ALNUM | LOCAL | DASH)) return false;
  return true;
}

class Redactor implements WholeRedactor {
  readonly #plan: Plan;
  readonly #where: Where;
  readonly #vault: Vault | undefined;
  /** Context that was released, then what is held. */
  #buffer = "";
  readonly #codes = new Codes();
  /** Where the held part begins in the buffer. */
  #from = 0;
  /** Length of the buffer below which another scan is not worth it. */
  #scanAt = 0;
  /** How much was cut off the front of the buffer so far. */
  #cut = 0;
  /** How far into the buffer something stands that a scan must normalise; 0 for nowhere. */
  #oddTo = 0;
  /** Whether what is held is one word or nothing. */
  #word = true;
  #resume: number[] = [];
  #swallowing = "";
  #blocked = false;

  constructor(plan: Plan, where: Where, vault: Vault | undefined) {
    this.#plan = plan;
    this.#where = where;
    this.#vault = vault;
  }

  push(delta: string): StreamStep {
    this.#buffer += delta;
    if (ODD.test(delta)) this.#oddTo = this.#buffer.length;
    if (this.#blocked || this.#buffer.length < this.#scanAt) return { text: "", findings: [] };
    if (this.#oddTo > 0 || this.#swallowing !== "") return this.#step(false);
    // All that is held is one word that goes on: none of it could be released anyway.
    if (this.#word && this.#buffer.length - this.#from < STEP_BACK_CHARS && isWord(delta, 0))
      return { text: "", findings: [] };
    const hold = quietHold(this.#plan, this.#buffer, this.#from, this.#codes);
    if (hold < 0) return this.#step(false);
    const text = this.#buffer.slice(this.#from, hold);
    this.#keep(hold, hold > RELEASED_CHARS_MAX ? hold - KEPT_CHARS : 0);
    return { text, findings: [] };
  }

  end(): StreamStep {
    return this.#blocked ? { text: "", findings: [] } : this.#step(true);
  }

  pushLast(text: string, spans: readonly EntitySpan[] = []): StreamStep {
    this.#buffer += text;
    return this.#step(true, entityMatches(this.#plan.entities, spans));
  }

  #step(ended: boolean, told: readonly Match[] = []): StreamStep {
    const scanned = scanFrom(this.#plan, this.#buffer, this.#from, ended, this.#resume);
    const { hold } = scanned;
    const found =
      told.length === 0 ? scanned.matches : [...scanned.matches, ...told].toSorted(byStart);
    // Enforced and watched matches are resolved apart: watching must not hide what is enforced.
    const enforced = resolve(found.filter((match) => match.enforced));
    const taken = swallow(enforced, this.#buffer, hold, this.#swallowing, this.#from);
    const step = this.#release(taken.winners, taken.skipTo, hold);
    for (const match of resolve(found.filter((match) => !match.enforced))) {
      note(step.findings, match, this.#where);
    }
    this.#swallowing = taken.open;
    this.#resume = scanned.resume;
    this.#keep(hold, scanned.keep);
    return step;
  }

  #release(winners: readonly Match[], from: number, hold: number): StreamStep {
    const findings: Finding[] = [];
    let text = "";
    let at = from;
    let blockedBy: string | undefined;
    for (const match of winners) {
      note(findings, match, this.#where);
      if (blockedBy !== undefined) continue;
      text += this.#buffer.slice(at, match.start);
      if (match.action === "block") blockedBy = match.rule;
      else text += replacementFor(match, this.#buffer.slice(match.start, match.end), this.#vault);
      at = match.end;
    }
    if (blockedBy !== undefined) {
      this.#blocked = true;
      return { text, findings, blockedBy };
    }
    return { text: text + this.#buffer.slice(at, hold), findings };
  }

  /** Drops what neither the held part nor its context needs. */
  #keep(hold: number, cut: number): void {
    if (cut > 0) {
      this.#buffer = this.#buffer.slice(cut);
      this.#codes.cut(cut);
    }
    this.#oddTo = Math.max(0, this.#oddTo - cut);
    this.#from = hold - cut;
    this.#word =
      this.#buffer.length - this.#from < STEP_BACK_CHARS && isWord(this.#buffer, this.#from);
    this.#resume = this.#resume.map((offset) => Math.max(0, offset - cut));
    // A scan costs the more the smaller the piece. A long held part is scanned again only when it
    // has grown by a sixteenth, so that one character at a time costs a bounded number of passes.
    const held = this.#buffer.length - this.#from;
    this.#cut += cut;
    const batch = this.#cut + this.#buffer.length > EAGER_CHARS ? BATCH_CHARS : 0;
    this.#scanAt = this.#buffer.length + Math.max(batch, held > 256 ? held >> 4 : 0);
  }
}

/** Passes everything on: no rule watches this place. */
const OPEN: WholeRedactor = {
  push: (delta) => ({ text: delta, findings: [] }),
  pushLast: (text) => ({ text, findings: [] }),
  end: () => ({ text: "", findings: [] }),
};

/** A redactor for one text: one per choice and channel of an answer. */
export function openStream(program: DlpProgram, where: Where, vault?: Vault): WholeRedactor {
  const plan = program.plan(where);
  return plan === undefined ? OPEN : new Redactor(plan, where, vault);
}
