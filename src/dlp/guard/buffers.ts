/**
 * Where a text is folded and cut into words. Arrays of a text's own cost more than filling them does,
 * so that a caller who is done with one text may lend the same arrays to the next.
 */

/** What `fold` and `tokenise` fill, each up to the lengths that they tell. */
export interface Buffers {
  readonly units: Uint16Array;
  readonly codes: Uint16Array;
  readonly capitals: Uint8Array;
  readonly hashes: Int32Array;
  readonly ends: Int32Array;
  readonly classes: Uint8Array;
}

/** Room for a text of so many UTF-16 units. */
export function buffersFor(chars: number): Buffers {
  return {
    units: new Uint16Array(chars),
    codes: new Uint16Array(chars),
    capitals: new Uint8Array(chars),
    hashes: new Int32Array(chars),
    ends: new Int32Array(chars),
    classes: new Uint8Array(chars),
  };
}

/** The UTF-16 units of a text. */
export function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at);
  return units;
}
