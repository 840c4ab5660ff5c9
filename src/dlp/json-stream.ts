/**
 * Redacting JSON text that arrives in pieces, as the arguments of a tool call do. What is scanned is
 * what the strings say, not how they are spelled: "\u0040" is an at sign. What leaves is JSON again:
 * strings are escaped anew, and a number of which something was hidden becomes a string.
 *
 * Spelling may change ("\/" leaves as "/"), meaning does not. A text that begins with neither a
 * bracket nor a quote is no JSON and is redacted as it is.
 */
import type { DlpProgram } from "./program.ts";
import type { Where } from "./rule.ts";
import { openStream, type StreamRedactor, type StreamStep } from "./stream.ts";
import type { Vault } from "./vault.ts";

/** A backslash that a string says: one on its own stands before a quote that a string says. */
const BACKSLASH = "\uf8f0";
/** A backslash of an escape that JSON does not know; it leaves as it came. */
const STRAY = "\uf8f1";
/** Stands before and after a number. */
const NUMBER = "\uf8f2";
const OWN = /[\uf8f0-\uf8f2]/;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const SIMPLE: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": BACKSLASH,
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Undoes the escapes of strings, in pieces. */
class Reader {
  #inString = false;
  #inNumber = false;
  /** An escape that has not ended yet. */
  escape = "";

  push(delta: string): string {
    let out = "";
    for (let i = 0; i < delta.length; i += 1) {
      const unit = delta[i] ?? "";
      if (this.escape !== "") out += this.#escaped(unit);
      else if (this.#inString) out += this.#said(unit);
      else out += this.#between(unit);
    }
    return out;
  }

  #escaped(unit: string): string {
    this.escape += unit;
    const kind = this.escape[1] ?? "";
    if (kind !== "u") {
      this.escape = "";
      return SIMPLE[kind] ?? STRAY + unit;
    }
    if (this.escape.length > 2 && !/^[0-9A-Fa-f]$/.test(unit)) {
      const raw = this.escape.slice(1, -1);
      this.escape = "";
      return STRAY + raw + this.#said(unit);
    }
    if (this.escape.length < 6) return "";
    const said = String.fromCharCode(Number.parseInt(this.escape.slice(2), 16));
    this.escape = "";
    return said === '"' || said === "\\" ? (SIMPLE[said] ?? "") : this.#own(said);
  }

  #said(unit: string): string {
    if (unit === "\\") {
      this.escape = unit;
      return "";
    }
    if (unit === '"') this.#inString = false;
    return this.#own(unit);
  }

  #between(unit: string): string {
    const digit = this.#inNumber ? /[0-9.eE+-]/.test(unit) : /[0-9-]/.test(unit);
    if (digit === this.#inNumber) {
      if (unit === '"') this.#inString = true;
      return this.#own(unit);
    }
    this.#inNumber = digit;
    if (unit === '"') this.#inString = true;
    return NUMBER + this.#own(unit);
  }

  /** The three signs of this file have no meaning that anybody could miss. */
  #own(unit: string): string {
    return OWN.test(unit) ? "\ufffd" : unit;
  }

  /** What ends a number that the text ends with. */
  end(): string {
    return this.#inNumber ? NUMBER : "";
  }
}

/** Escapes strings anew, in pieces. */
class Writer {
  #inString = false;
  #number: string | undefined;
  /** A backslash whose quote has not come yet. */
  #slash = false;

  push(text: string): string {
    let out = "";
    for (let i = 0; i < text.length; i += 1) {
      const unit = text[i] ?? "";
      if (unit === NUMBER && !this.#inString) out += this.#edge();
      else if (this.#number !== undefined) this.#number += unit;
      else if (this.#inString) out += this.#escape(unit, text[i - 1], text[i + 1]);
      else {
        if (unit === '"') this.#inString = true;
        out += unit === STRAY || unit === BACKSLASH ? "\\" : unit;
      }
    }
    return out;
  }

  #edge(): string {
    const number = this.#number;
    this.#number = number === undefined ? "" : undefined;
    if (number === undefined) return "";
    return JSON_NUMBER.test(number) ? number : JSON.stringify(number);
  }

  #escape(unit: string, before: string | undefined, after: string | undefined): string {
    if (this.#slash) {
      this.#slash = false;
      if (unit === '"') return '\\"';
      return `\\\\${this.#escape(unit, before, after)}`;
    }
    if (unit === "\\") {
      this.#slash = true;
      return "";
    }
    if (unit === '"') {
      this.#inString = false;
      return unit;
    }
    if (unit === BACKSLASH) return "\\\\";
    if (unit === STRAY) return "\\";
    if (unit < " ") return JSON.stringify(unit).slice(1, -1);
    const lone = /[\ud800-\udfff]/.test(unit) && !isPaired(unit, before, after);
    return lone ? `\\u${unit.charCodeAt(0).toString(16)}` : unit;
  }

  /** What a number or a backslash cut off by the end of the text was. */
  end(): string {
    const rest = (this.#slash ? "\\" : "") + (this.#number ?? "");
    this.#slash = false;
    this.#number = undefined;
    return rest;
  }
}

function isPaired(unit: string, before = "", after = ""): boolean {
  return unit < "\udc00" ? /^[\udc00-\udfff]$/.test(after) : /^[\ud800-\udbff]$/.test(before);
}

class JsonRedactor implements StreamRedactor {
  readonly #inner: StreamRedactor;
  readonly #reader = new Reader();
  readonly #writer = new Writer();
  /** Undecided until something but blanks has come. */
  #json: boolean | undefined;

  constructor(inner: StreamRedactor) {
    this.#inner = inner;
  }

  push(delta: string): StreamStep {
    if (this.#json === undefined) {
      const first = delta.trimStart()[0];
      if (first !== undefined) this.#json = '{["'.includes(first);
    }
    if (this.#json !== true) return this.#inner.push(delta);
    const step = this.#inner.push(this.#reader.push(delta));
    return { ...step, text: this.#writer.push(step.text) };
  }

  end(): StreamStep {
    if (this.#json !== true) return this.#inner.end();
    const last = this.#inner.push(this.#reader.end());
    const step = last.blockedBy === undefined ? this.#inner.end() : undefined;
    const blockedBy = last.blockedBy ?? step?.blockedBy;
    const text = this.#writer.push(last.text + (step?.text ?? "")) + this.#writer.end();
    return {
      text: blockedBy === undefined ? text + this.#reader.escape : text,
      findings: [...last.findings, ...(step?.findings ?? [])],
      ...(blockedBy === undefined ? {} : { blockedBy }),
    };
  }
}

/** A redactor for JSON text in pieces: one for the arguments of each tool call of an answer. */
export function openJsonStream(program: DlpProgram, where: Where, vault?: Vault): StreamRedactor {
  return new JsonRedactor(openStream(program, where, vault));
}
