/** The one way from text to JSON: what comes back is unknown until a schema or its writer vouches. */

/**
 * How deep JSON from outside may be nested. Schemas of real tools stay under thirty; what reads,
 * hashes and writes values calls itself once a level, and its stack ends at some thousands.
 */
export const nestingMax = 128;

/** Parses JSON that this project wrote; throws a SyntaxError on anything else. */
export function parseJson(text: string): unknown {
  return JSON.parse(text);
}

/**
 * Parses JSON from outside; `undefined` when it is not JSON (no JSON text parses to that), or is
 * nested deeper than `nestingMax`.
 */
export function tryParseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isFlat(text) || isWithin(value, nestingMax) ? value : undefined;
}

/** Whether a short text has too few brackets to be nested too deep: nearly all are, at no cost. */
function isFlat(text: string): boolean {
  if (text.length > 4 * 1024) return false;
  return count(text, "{") + count(text, "[") <= nestingMax;
}

/** How often a sign stands in a text, up to one more than matters: found at memory speed. */
function count(text: string, sign: string): number {
  let found = 0;
  for (let at = text.indexOf(sign); at >= 0 && found <= nestingMax; at = text.indexOf(sign, at + 1))
    found += 1;
  return found;
}

/** Whether a value has at most `levels` levels of lists and objects. */
function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  for (const name in value) {
    if (!isWithin((value as Record<string, unknown>)[name], levels - 1)) return false;
  }
  return true;
}
