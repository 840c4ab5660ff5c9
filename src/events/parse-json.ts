/** The one way from text to JSON: what comes back is unknown until a schema or its writer vouches. */

/** Parses JSON that this project wrote; throws a SyntaxError on anything else. */
export function parseJson(text: string): unknown {
  return JSON.parse(text);
}

/** Parses JSON from outside; `undefined` when it is not JSON (no JSON text parses to that). */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
