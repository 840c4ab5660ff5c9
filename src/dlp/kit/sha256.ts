/** SHA-256 (FIPS 180-4) of short inputs, synchronous: base58check needs it inside a scan. */

const PRIMES = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
  101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193,
  197, 199, 211, 223, 227, 229, 233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307,
  311,
];

/** The first 32 bits of the fraction, which is how the standard defines its constants. */
function fraction(value: number): number {
  return ((value - Math.floor(value)) * 2 ** 32) | 0;
}

const K = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const H = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const W = new Int32Array(64);
/** The digest so far, one word after the other. */
const S = new Int32Array(8);

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}

/** Puts the bytes, their end mark and their length in bits into the schedule, and extends it. */
function schedule(bytes: Uint8Array): void {
  W.fill(0, 0, 16);
  for (let i = 0; i < bytes.length; i += 1)
    W[i >> 2] = (W[i >> 2] ?? 0) | ((bytes[i] ?? 0) << (24 - 8 * (i & 3)));
  W[bytes.length >> 2] = (W[bytes.length >> 2] ?? 0) | (0x80 << (24 - 8 * (bytes.length & 3)));
  W[15] = bytes.length * 8;
  for (let i = 16; i < 64; i += 1) {
    const a = W[i - 15] ?? 0;
    const b = W[i - 2] ?? 0;
    const low = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const high = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    W[i] = ((W[i - 16] ?? 0) + low + (W[i - 7] ?? 0) + high) | 0;
  }
}

function compress(): void {
  let a = H[0] ?? 0;
  let b = H[1] ?? 0;
  let c = H[2] ?? 0;
  let d = H[3] ?? 0;
  let e = H[4] ?? 0;
  let f = H[5] ?? 0;
  let g = H[6] ?? 0;
  let h = H[7] ?? 0;
  for (let i = 0; i < 64; i += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[i] ?? 0) + (W[i] ?? 0)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  S[0] = a;
  S[1] = b;
  S[2] = c;
  S[3] = d;
  S[4] = e;
  S[5] = f;
  S[6] = g;
  S[7] = h;
  for (let i = 0; i < 8; i += 1) S[i] = (S[i] ?? 0) + (H[i] ?? 0);
}

/** The digest of at most 55 bytes (one block). */
export function sha256(bytes: Uint8Array): Uint8Array {
  schedule(bytes);
  compress();
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i += 1) out[i] = (S[i >> 2] ?? 0) >>> (24 - 8 * (i & 3));
  return out;
}
