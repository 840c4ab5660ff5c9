/**
 * One text for one value: canonical JSON as RFC 8785 defines it, so that a hash of an event means
 * the same on every machine. Only what events hold is accepted: no undefined, functions or NaN.
 */

/** Serialises a JSON value with keys in UTF-16 order and no white space (RFC 8785, section 3). */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError("canonical JSON holds finite numbers only");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") return canonicalObject(value as Record<string, unknown>);
  throw new TypeError(`canonical JSON cannot hold a ${typeof value}`);
}

function canonicalObject(object: Record<string, unknown>): string {
  let text = "";
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    // A field that is not there and one that is undefined are the same field in JSON.
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(value)}`;
  }
  return `{${text}}`;
}
