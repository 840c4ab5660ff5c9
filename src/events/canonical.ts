/**
 * One text for one value: canonical JSON as RFC 8785 defines it, so that a hash of an event means
 * the same on every machine. Only what events hold is accepted: no undefined, functions or NaN.
 */

/** Serialises a JSON value with keys in UTF-16 order and no white space (RFC 8785, section 3). */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError("canonical JSON holds finite numbers only");
    return `${value}`;
  }
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value === null) return "null";
  if (Array.isArray(value)) return listText(value);
  if (typeof value === "object") return objectText(value as Record<string, unknown>);
  throw new TypeError(`canonical JSON cannot hold a ${typeof value}`);
}

/** Texts that JSON writes as they are: ASCII without quotes, backslashes and control characters. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function listText(list: readonly unknown[]): string {
  let text = "[";
  for (let index = 0; index < list.length; index += 1) {
    if (index > 0) text += ",";
    text += canonicalJson(list[index]);
  }
  return `${text}]`;
}

function objectText(object: Record<string, unknown>): string {
  let text = "";
  for (const { name, label } of inOrder(Object.keys(object))) {
    const value = object[name];
    // A field that is not there and one that is undefined are the same field in JSON.
    if (value === undefined) continue;
    text += text === "" ? label : `,${label}`;
    text += canonicalJson(value);
  }
  return `{${text}}`;
}

/** A field's name, and as it stands in the text. */
interface Field {
  name: string;
  label: string;
}

/** The names of an object so far, in its own order; `fields` are those in the text's order. */
interface Shape {
  fields: readonly Field[] | undefined;
  next: Map<string, Shape>;
}

/** Shapes that are remembered: events have hundreds, and callers choose the names in metadata. */
const shapesMax = 4_096;

let shapes = 0;
let first: Shape = { fields: undefined, next: new Map() };

/** The fields of an object with these names, in order: most objects are alike, so few are sorted. */
function inOrder(names: readonly string[]): readonly Field[] {
  let shape = first;
  for (const name of names) {
    let next = shape.next.get(name);
    if (next === undefined) {
      if (shapes >= shapesMax) return forgetful(names);
      shapes += 1;
      next = { fields: undefined, next: new Map() };
      shape.next.set(name, next);
    }
    shape = next;
  }
  shape.fields ??= sorted(names);
  return shape.fields;
}

function forgetful(names: readonly string[]): readonly Field[] {
  shapes = 0;
  first = { fields: undefined, next: new Map() };
  return sorted(names);
}

function sorted(names: readonly string[]): readonly Field[] {
  return names.toSorted().map((name) => ({ name, label: `${JSON.stringify(name)}:` }));
}
