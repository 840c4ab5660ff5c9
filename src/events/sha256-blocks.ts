/**
 * SHA-256 (FIPS 180-4) of texts of a few hundred characters, in the language itself: in the Workers'
 * runtime a hash object, its input and its digest are each made by a call out of it, which costs more
 * than all blocks of a short text. Written here because it is on every request's way several times: a
 * library for it takes twice the time and three times the bytes.
 */

/** Bytes of one block. */
const blockBytes = 64;
/** Characters that fit the room whatever they are: three bytes each at most, mark and length behind. */
export const shortCharsMax = 2_048;

const room = new Uint8Array(shortCharsMax * 3 + 2 * blockBytes);
const encoder = new TextEncoder();

/** The first 32 bits of the fraction, which is how the standard defines its constants. */
function fraction(value: number): number {
  return ((value - Math.floor(value)) * 2 ** 32) | 0;
}

function firstPrimes(count: number): number[] {
  const primes = [2];
  for (let next = 3; primes.length < count; next += 2) {
    let at = 0;
    while ((primes[at] ?? next) ** 2 <= next && next % (primes[at] ?? 1) !== 0) at += 1;
    if ((primes[at] ?? next) ** 2 > next) primes.push(next);
  }
  return primes;
}

const primes = firstPrimes(64);
const K = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const words = new Int32Array(64);
/** The digest so far, one word after the other. */
const digest = new Int32Array(8);

/** Reads the block at `at` into the schedule, and extends it. */
function schedule(at: number): void {
  for (let index = 0; index < 16; index += 1) {
    const from = at + index * 4;
    const [high, next] = [room[from] ?? 0, room[from + 1] ?? 0];
    words[index] =
      (high << 24) | (next << 16) | ((room[from + 2] ?? 0) << 8) | (room[from + 3] ?? 0);
  }
  for (let index = 16; index < 64; index += 1) {
    const x = words[index - 15] ?? 0;
    const y = words[index - 2] ?? 0;
    const far = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const near = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[index] = ((words[index - 16] ?? 0) + far + (words[index - 7] ?? 0) + near) | 0;
  }
}

const high = (e: number): number =>
  ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
const low = (a: number): number =>
  ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));

/** Takes one block into the digest: two rounds a turn, so that less is moved in between. */
function compress(): void {
  let a = digest[0] ?? 0;
  let b = digest[1] ?? 0;
  let c = digest[2] ?? 0;
  let d = digest[3] ?? 0;
  let e = digest[4] ?? 0;
  let f = digest[5] ?? 0;
  let g = digest[6] ?? 0;
  let h = digest[7] ?? 0;
  for (let index = 0; index < 64; index += 2) {
    const one = (h + high(e) + (g ^ (e & (f ^ g))) + (K[index] ?? 0) + (words[index] ?? 0)) | 0;
    const e1 = (d + one) | 0;
    const a1 = (one + low(a) + ((a & b) ^ (c & (a ^ b)))) | 0;
    const two =
      (g + high(e1) + (f ^ (e1 & (e ^ f))) + (K[index + 1] ?? 0) + (words[index + 1] ?? 0)) | 0;
    h = f;
    g = e;
    f = e1;
    e = (c + two) | 0;
    d = b;
    c = a;
    b = a1;
    a = (two + low(a1) + ((a1 & c) ^ (d & (a1 ^ c)))) | 0;
  }
  digest[0] = (digest[0] ?? 0) + a;
  digest[1] = (digest[1] ?? 0) + b;
  digest[2] = (digest[2] ?? 0) + c;
  digest[3] = (digest[3] ?? 0) + d;
  digest[4] = (digest[4] ?? 0) + e;
  digest[5] = (digest[5] ?? 0) + f;
  digest[6] = (digest[6] ?? 0) + g;
  digest[7] = (digest[7] ?? 0) + h;
}

/** Every sixteen bits in hex, made for the first hash: it would be the longest part of a start. */
let hexOf: readonly string[] | undefined;

const everyHex = (): string[] =>
  Array.from({ length: 65_536 }, (_, half) => half.toString(16).padStart(4, "0"));

/** SHA-256, hex, of the UTF-8 bytes of a text of at most `shortCharsMax` characters. */
export function sha256OfShort(text: string): string {
  const bytes = encoder.encodeInto(text, room).written;
  const end = (bytes + 9 + blockBytes - 1) & -blockBytes;
  room[bytes] = 0x80;
  room.fill(0, bytes + 1, end - 4);
  const bits = bytes * 8;
  for (let index = 1; index <= 4; index += 1) room[end - index] = bits >>> (8 * (index - 1));
  digest.set(START);
  for (let at = 0; at < end; at += blockBytes) {
    schedule(at);
    compress();
  }
  hexOf ??= everyHex();
  const hex = hexOf;
  let out = "";
  for (let index = 0; index < 8; index += 1) {
    const value = digest[index] ?? 0;
    out += `${hex[value >>> 16]}${hex[value & 0xffff]}`;
  }
  return out;
}
