/**
 * One text for one value: canonical JSON as RFC 8785 defines it, so that a hash of an event means
 * the same on every machine. Only what events hold is accepted: no undefined, functions or NaN.
 */

/** Serialises a JSON value with keys in UTF-16 order and no white space (RFC 8785, section 3). */
export function canonicalJson(value: unknown): string {
  // The runtime's serialiser is many times faster, and writes the same text of a value in order.
  const ordered = inOrder(value);
  return ordered === undefined ? serialise(value) : JSON.stringify(ordered);
}

/** The value with every object's keys in order; `undefined` when no object can hold that order. */
function inOrder(value: unknown): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object") return undefined;
  if (Array.isArray(value)) return listInOrder(value);
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[key];
    if (field === undefined) continue;
    const item = inOrder(field);
    // Names that are numbers come first in any object, and some names are its prototype's.
    if (item === undefined || isSpecial(key)) return undefined;
    ordered[key] = item;
  }
  return ordered;
}

function listInOrder(list: readonly unknown[]): unknown[] | undefined {
  const ordered: unknown[] = [];
  for (const value of list) {
    const item = inOrder(value);
    if (item === undefined) return undefined;
    ordered.push(item);
  }
  return ordered;
}

function isSpecial(key: string): boolean {
  const first = key.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39) || key === "__proto__" || key === "toJSON";
}

function serialise(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError("canonical JSON holds finite numbers only");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(serialise).join(",")}]`;
  if (typeof value === "object") return serialiseObject(value as Record<string, unknown>);
  throw new TypeError(`canonical JSON cannot hold a ${typeof value}`);
}

function serialiseObject(object: Record<string, unknown>): string {
  let text = "";
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    // A field that is not there and one that is undefined are the same field in JSON.
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${serialise(value)}`;
  }
  return `{${text}}`;
}
