/**
 * What happens to a field on its way from one dialect to another: it is read, it is a hint that may
 * stay behind with a note, or the crossing is refused by its name. Nothing is dropped in silence.
 */
import { asNumber } from "./json.ts";
import type { Json, JsonObject, Result, Unsupported } from "./types.ts";

/** Thrown inside a decode or encode, caught by `crossing`: never seen outside this room. */
class Refusal extends Error {
  readonly unsupported: Unsupported;
  constructor(unsupported: Unsupported) {
    super(unsupported.message);
    this.unsupported = unsupported;
  }
}

export type Notes = Unsupported[];

export function refuse(field: string, message: string): never {
  throw new Refusal({ field, message });
}

/** Runs a decode or encode and turns its refusal into a value. */
export function crossing<T>(run: (notes: Notes) => T): Result<T> {
  const notes: Notes = [];
  try {
    const value = run(notes);
    return notes.length === 0 ? { ok: true, value } : { ok: true, value, notes };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: error.unsupported };
    throw error;
  }
}

/**
 * `read`: the decoder understands it. `hint`: speed, price or bookkeeping; left out with a note.
 * A function says which values mean nothing (and pass); others are refused.
 */
export type FieldRule = "read" | "hint" | ((value: Json) => boolean);

/** Applies a table of rules to an object's fields; a field without a rule is refused by name. */
export function checkFields(
  object: JsonObject,
  rules: Readonly<Record<string, FieldRule>>,
  at: string,
  notes: Notes,
): void {
  for (const [name, value] of Object.entries(object)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === "read" || value === null) continue;
    const field = at === "" ? name : `${at}.${name}`;
    if (rule === "hint")
      notes.push({ field, message: "left out: the other dialect has no word for it" });
    else if (rule === undefined || !rule(value)) {
      refuse(
        field,
        "cannot be carried over to the provider's dialect; leave it out or pick a model of the same dialect",
      );
    }
  }
}

/** Carries numbers over under the names the union has for them; anything else is refused by name. */
export function carryNumbers<Key extends string>(
  to: { [K in Key]?: number },
  from: JsonObject,
  names: Readonly<Record<string, Key>>,
  at = "",
): void {
  for (const [name, key] of Object.entries(names)) {
    const value = from[name] ?? undefined;
    if (value === undefined) continue;
    to[key] = asNumber(value) ?? refuse(at === "" ? name : `${at}.${name}`, "expected a number");
  }
}
