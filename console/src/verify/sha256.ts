/**
 * SHA-256 (FIPS 180-4) without waiting, under the names by which the shared code asks Node for it:
 * the browser's own answers in promises only. The build puts this file in `node:crypto`'s place.
 */

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const K = new Uint32Array(64);
/** Of the square roots of the first eight. */
const START = new Uint32Array(8);

function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32);
}

for (let candidate = 2, found = 0; found < 64; candidate += 1) {
  let isPrime = true;
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) {
    if (candidate % divisor === 0) isPrime = false;
  }
  if (!isPrime) continue;
  if (found < 8) START[found] = fraction(Math.sqrt(candidate));
  K[found] = fraction(Math.cbrt(candidate));
  found += 1;
}

const words = new Uint32Array(64);
const at = (array: Uint32Array, index: number): number => array[index] ?? 0;
const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

function spread(view: DataView, offset: number): void {
  for (let t = 0; t < 16; t += 1) words[t] = view.getUint32(offset + t * 4);
  for (let t = 16; t < 64; t += 1) {
    const near = at(words, t - 15);
    const far = at(words, t - 2);
    const s0 = turn(near, 7) ^ turn(near, 18) ^ (near >>> 3);
    const s1 = turn(far, 17) ^ turn(far, 19) ^ (far >>> 10);
    words[t] = at(words, t - 16) + s0 + at(words, t - 7) + s1;
  }
}

function compress(state: Uint32Array, view: DataView, offset: number): void {
  spread(view, offset);
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t += 1) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + at(K, t) + at(words, t)) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries())
    state[index] = at(state, index) + word;
}

/** The message, one bit, zeros, and its length in bits: whole blocks of 64 bytes. */
function padded(parts: readonly Uint8Array[]): DataView {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  bytes[length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(bytes.length - 4, (length * 8) >>> 0);
  return view;
}

const encoder = new TextEncoder();

function bytesOf(data: string | Uint8Array, encoding?: "hex"): Uint8Array {
  if (typeof data !== "string") return data;
  if (encoding === undefined) return encoder.encode(data);
  return Uint8Array.from(data.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

interface Hash {
  update(data: string | Uint8Array, encoding?: "hex"): Hash;
  digest(encoding: "hex"): string;
}

/** As Node's: bytes in, in parts, a digest in hex out. */
export function createHash(_algorithm: "sha256"): Hash {
  const parts: Uint8Array[] = [];
  const made: Hash = {
    update(data, encoding) {
      parts.push(bytesOf(data, encoding));
      return made;
    },
    digest() {
      const state = START.slice();
      const view = padded(parts);
      for (let offset = 0; offset < view.byteLength; offset += 64) compress(state, view, offset);
      return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
    },
  };
  return made;
}

/** As Node's: the digest of a text or of bytes at once, in hex or as a character for each byte. */
export function hash(
  algorithm: "sha256",
  data: string | Uint8Array,
  encoding: "hex" | "binary",
): string {
  const hex = createHash(algorithm).update(data).digest("hex");
  if (encoding === "hex") return hex;
  return hex.replaceAll(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
}
