/**
 * Finds repeats without an end inside of repeats without an end, which is how a pattern comes to
 * backtrack without an end: "(a+)+" reads a row of letters in as many ways as it has subsets.
 */

interface Group {
  start: number;
  /** Some repeat without an end stands in it. */
  repeats: boolean;
  /** It begins with a character that nothing else in it can be: every round is told apart. */
  parted: boolean;
}

const UNBOUNDED = /^(?:[*+]|\{\d+,\})/;

/** Past the character class that begins at `at`. */
function classEnd(source: string, at: number): number {
  let end = at + 1;
  while (end < source.length && source[end] !== "]") end += source[end] === "\\" ? 2 : 1;
  return end + 1;
}

/** Signs that are no characters: groups, repeats, places. */
const SYNTAX = /^(?:\(\?(?:[:=!]|<[=!]|<\w+>)|[()^$|]|\\b|[*+?]\??|\{\d+(?:,\d*)?\}\??)/;
/** A first character that is left out or repeated tells no rounds apart. */
const REPEATED = /^[*+?{]/;

/** The ASCII characters that one sign, escape or class of a pattern may be. */
function spelled(atom: string): number[] {
  const whole = new RegExp(`^(?:${atom})$`, atom.includes("\\p") ? "u" : "");
  return Array.from({ length: 128 }, (_, code) => code).filter((code) =>
    whole.test(String.fromCharCode(code)),
  );
}

/**
 * Whether a group's body begins with a character that nothing after it can be: "(?:[_-][a-z]+)+" can
 * be read in one way only.
 */
function isParted(body: string): boolean {
  let first: number[] | undefined;
  let depth = 0;
  for (let at = body.startsWith("?:") ? 2 : 0; at < body.length;) {
    const rest = body.slice(at);
    const syntax = SYNTAX.exec(rest)?.[0];
    if (syntax !== undefined) {
      if (syntax.startsWith("(")) depth += 1;
      if (syntax === ")") depth -= 1;
      if (first === undefined || (syntax === "|" && depth === 0)) return false;
      at += syntax.length;
      continue;
    }
    const end =
      body[at] === "["
        ? classEnd(body, at)
        : at + (/^\\(?:p\{\w+\}|u\w{4}|.)|^./su.exec(rest)?.[0].length ?? 1);
    const codes = spelled(body.slice(at, end));
    if (first === undefined) {
      if (REPEATED.test(body.slice(end))) return false;
      first = codes;
    } else if (codes.some((code) => first?.includes(code))) return false;
    at = end;
  }
  return true;
}

/** The parts of a pattern that repeat what already repeats. */
export function nestedRepeats(source: string): string[] {
  const found: string[] = [];
  const open: Group[] = [{ start: 0, repeats: false, parted: false }];
  for (let at = 0; at < source.length;) {
    const sign = source[at];
    let end = at + 1;
    let group: Group | undefined;
    if (sign === "\\") end = at + 2;
    else if (sign === "[") end = classEnd(source, at);
    else if (sign === "(") {
      open.push({ start: at, repeats: false, parted: false });
      at += 1;
      continue;
    } else if (sign === ")") {
      group = open.pop();
      if (group !== undefined) group.parted = isParted(source.slice(group.start + 1, at));
    }
    const outer = open.at(-1);
    const repeat = UNBOUNDED.exec(source.slice(end));
    if (repeat !== null && group?.repeats === true && !group.parted)
      found.push(source.slice(group.start, end + repeat[0].length));
    if (outer !== undefined && (repeat !== null || group?.repeats === true)) outer.repeats = true;
    at = end + (repeat?.[0].length ?? 0);
  }
  return found;
}
