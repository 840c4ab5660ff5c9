/** The operators of assignments: signs between a name and its value, and words before both. */
import { ALNUM, ALPHA, DASH, SPACE, is } from "./chars.ts";
import { isNameCode } from "./names.ts";
import type { Source } from "./source.ts";

const NAME_MAX = 56;
const COMMA = 44;
const HYPHEN = 45;
const COLON = 58;
const EQUALS = 61;
const CLOSE = 62;
const PIPE = 124;
const BLANK = 32;

/** Commands that take a name and a value with nothing but a blank between. */
const COMMANDS = ["ENV ", "ARG ", "setx ", "set ", "SET "] as const;

/** "my password is ...", and the same in German, French and Spanish. */
const VERBS = [" is ", " ist ", " est ", " es "] as const;

/** What follows the anchor of an assignment: its value, ... */
export const VALUE_FIRST = 1;
/** ... or its name, and then the value. */
export const NAME_FIRST = 2;

/** The anchors of assignments, for the engine's tables. */
export const OPERATORS = [
  { literal: "=", kind: "anywhere" },
  { literal: ":", kind: "anywhere" },
  ...VERBS.map((literal) => ({ literal, kind: "anywhere" as const })),
  // config.set("name", "value")
  { literal: '",', kind: "anywhere" },
  { literal: "',", kind: "anywhere" },
  // <entry key="name">value</entry>, <name>value</name>
  { literal: '">', kind: "anywhere" },
  { literal: ">", kind: "anywhere", previous: ALNUM, next: ALNUM },
  // | name | value |
  { literal: "| ", kind: "anywhere" },
  // --name value
  { literal: "--", kind: "anywhere", after: ALPHA, assigns: NAME_FIRST },
  ...COMMANDS.map((literal) => ({ literal, kind: "literals" as const, assigns: NAME_FIRST })),
] as const;

interface Operator {
  /** Past it; blanks, a second operator and a quote may follow. */
  end: number;
  /** Where the name stands when it follows the anchor, else -1. */
  named: number;
  namedEnd: number;
  /** The value must be in quotes. */
  quoted: boolean;
  /** A sentence: its full stop is not part of the value. */
  prose: boolean;
}

function isQuote(code: number): boolean {
  return code === 34 || code === 39;
}

/** What was read last: one for all, since every other character of a text may be an operator. */
const operator: Operator = { end: -1, named: -1, namedEnd: -1, quoted: false, prose: false };

function plain(end: number, quoted = false, prose = false): Operator {
  operator.end = end;
  operator.named = operator.namedEnd = -1;
  operator.quoted = quoted;
  operator.prose = prose;
  return operator;
}

/** A name that follows the anchor, then one blank, then the value. */
function namedAfter(source: Source, from: number): Operator | undefined {
  if (!is(source.code(from), ALPHA)) return undefined;
  const end = source.run(from, ALNUM | DASH, from + NAME_MAX + 1, ".");
  if (end - from > NAME_MAX || source.code(end) !== BLANK) return undefined;
  const next = source.code(end + 1);
  if (next === HYPHEN || is(next, SPACE) || next === EQUALS) return undefined;
  plain(end + 1);
  operator.named = from;
  operator.namedEnd = end;
  return operator;
}

/** Quotes and tags: the anchor of a literal of two characters is the quote. */
function afterQuote(source: Source, at: number): Operator | undefined {
  const next = source.code(at + 1);
  if (!isNameCode(source.code(at - 1))) return undefined;
  if (next === COMMA) return plain(at + 2, true);
  return next === CLOSE && source.code(at) === 34 && is(source.code(at + 2), ALNUM)
    ? plain(at + 2)
    : undefined;
}

function afterVerb(source: Source, at: number): Operator | undefined {
  for (const verb of VERBS) if (source.has(at, verb)) return plain(at + verb.length, false, true);
  return undefined;
}

/** The operator whose anchor is at an index, until the next one is asked for. */
export function operatorAt(source: Source, at: number): Readonly<Operator> | undefined {
  const code = source.code(at);
  if (code === EQUALS || code === COLON) {
    const next = source.code(at + 1);
    const scheme = code === COLON && next === 47;
    return next === 10 || next === 13 || scheme ? undefined : plain(at);
  }
  if (code === BLANK) return afterVerb(source, at);
  if (isQuote(code)) return afterQuote(source, at);
  if (code === CLOSE) {
    const tag = isNameCode(source.code(at - 1)) && is(source.code(at + 1), ALNUM);
    return tag ? plain(at + 1) : undefined;
  }
  if (code === PIPE) return source.has(at, "| ") ? plain(at + 2) : undefined;
  if (code === HYPHEN) {
    if (!source.has(at, "--") || source.code(at - 1) === HYPHEN) return undefined;
    return namedAfter(source, at + 2);
  }
  if (!source.opens(at)) return undefined;
  for (const command of COMMANDS)
    if (source.has(at, command)) return namedAfter(source, at + command.length);
  return undefined;
}
