/** Private keys in PEM and PGP armour, whole or cut off. */
import { ALNUM, B64, SPACE } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import type { Source } from "../kit/source.ts";
import { MATCH_CHARS_MAX } from "../limits.ts";

const HEADER = /^-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----/;
const HEADER_MAX = 64;
const LINE_MIN = 16;

/** Past the blanks, line ends and escaped line ends (`\n` in JSON text) at `at`. */
function skipBlanks(source: Source, at: number, to: number): number {
  let index = at;
  while (index < to) {
    const next = source.run(index, SPACE, to);
    if (
      source.code(next) === 92 &&
      (source.code(next + 1) === 110 || source.code(next + 1) === 114)
    ) {
      index = next + 2;
    } else if (next === index) {
      return index;
    } else {
      index = next;
    }
  }
  return index;
}

export const privateKey: Detector = {
  id: "private-key",
  title: "Private key (PEM, OpenSSH, PGP)",
  version: 1,
  groups: ["api-secrets"],
  evidence: "prefix, shape",
  prefilter: { kind: "anywhere", literals: ["-----BEGIN "] },
  maxLength: MATCH_CHARS_MAX,
  validate(source, at) {
    if (!source.has(at, "-----BEGIN ")) return undefined;
    // The header ends at its second row of hyphens; an unfinished one is waited for.
    const name = source.run(at + 11, ALNUM | SPACE, at + HEADER_MAX);
    if (!source.has(name, "-----")) return undefined;
    const header = HEADER.exec(source.text.slice(at, name + 5));
    if (header === null) return undefined;
    const limit = at + MATCH_CHARS_MAX;
    let end = at + header[0].length;
    for (;;) {
      const word = skipBlanks(source, end, limit);
      if (source.has(word, "-----END ")) {
        const footer = source.run(word + 9, ALNUM | SPACE, word + HEADER_MAX);
        const close = source.has(footer, "-----") ? footer + 5 : word;
        return { start: at, end: close, confidence: 0.98, why: ["prefix", "shape"] };
      }
      const stop = source.run(word, ALNUM | B64, limit, "=:.,");
      if (stop === limit) {
        return { start: at, end: limit, confidence: 0.95, why: ["prefix"], runsOn: "|+/=\n\r\\" };
      }
      const last = source.has(skipBlanks(source, stop, limit), "-----END ");
      if (stop === word || (stop - word < LINE_MIN && !last && !armourHeader(source, word, stop))) {
        if (end - at <= header[0].length) return undefined;
        return { start: at, end, confidence: 0.9, why: ["prefix"] };
      }
      end = stop;
    }
  },
};

/** Words of an armour header line ("Proc-Type: 4,ENCRYPTED", "Version: GnuPG"). */
function armourHeader(source: Source, word: number, stop: number): boolean {
  return source.code(stop - 1) === 58 || source.code(word - 2) === 58;
}
