/** Wallet addresses: Bitcoin (base58check, bech32) and Ethereum. */
import { ALNUM, HEX } from "../kit/chars.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import { sha256 } from "../kit/sha256.ts";
import type { Source } from "../kit/source.ts";

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const WORDS = contextWords([
  "wallet",
  "bitcoin",
  "btc",
  "eth",
  "ethereum",
  "crypto",
  "address",
  "send it to",
  "tx",
]);

/** The value of a base58 sign by its code, and 58 for what is none. */
const SIGNS = new Uint8Array(128).fill(58);
for (let value = 0; value < 58; value += 1) SIGNS[BASE58.charCodeAt(value)] = value;

/** Base58check (version byte, 20 bytes, 4 bytes of a double SHA-256). */
function base58check(text: string): boolean {
  // 25 bytes as limbs of 16 bits, the highest first; the first limb is one byte.
  const limbs = new Int32Array(13);
  // Two signs at a time: half the work.
  for (let at = text.length % 2 === 0 ? 0 : -1; at < text.length; at += 2) {
    const high = at < 0 ? 0 : (SIGNS[text.charCodeAt(at)] ?? 58);
    const low = SIGNS[text.charCodeAt(at + 1)] ?? 58;
    if (high === 58 || low === 58) return false;
    let carry = high * 58 + low;
    for (let i = 12; i >= 0; i -= 1) {
      carry += (limbs[i] ?? 0) * 3364;
      limbs[i] = carry & 0xffff;
      carry >>>= 16;
    }
    if (carry > 0 || (limbs[0] ?? 0) > 255) return false;
  }
  const bytes = new Uint8Array(25);
  for (let i = 0; i < 25; i += 1) {
    const limb = limbs[(i + 1) >> 1] ?? 0;
    bytes[i] = i % 2 === 0 ? limb : limb >> 8;
  }
  const digest = sha256(sha256(bytes.subarray(0, 21)));
  for (let i = 0; i < 4; i += 1) if (digest[i] !== bytes[21 + i]) return false;
  return true;
}

/** The bech32 polynomial (BIP 173 and 350) of a lower-case address with prefix `bc`. */
function bech32(text: string): boolean {
  const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let check = 1;
  const step = (value: number): void => {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    generator.forEach((constant, i) => {
      if (((top >> i) & 1) === 1) check ^= constant;
    });
  };
  for (const value of [3, 3, 0, 2, 3]) step(value);
  for (const character of text.slice(3)) {
    const value = BECH32.indexOf(character);
    if (value < 0) return false;
    step(value);
  }
  return check === 1 || check === 0x2bc830a3;
}

function bitcoin(source: Source, at: number, word: string): Candidate | undefined {
  const end = at + word.length;
  const plain = /^[13]/.test(word);
  if (plain ? word.length < 26 || word.length > 35 : word.length < 42) return undefined;
  if (plain ? !base58check(word) : !bech32(word)) return undefined;
  return { start: at, end, confidence: 0.95, why: ["shape", "checksum"] };
}

function ethereum(source: Source, at: number, word: string): Candidate | undefined {
  if (word.length !== 42 || source.run(at + 2, HEX, at + 42) !== at + 42) return undefined;
  const context = hasContext(source, at, WORDS);
  const why = context ? ["shape", "context"] : ["shape"];
  return { start: at, end: at + 42, confidence: context ? 0.9 : 0.6, why };
}

export const cryptoWallet: Detector = {
  id: "crypto-wallet",
  title: "Cryptocurrency wallet address",
  version: 1,
  groups: ["financial", "pii"],
  evidence: "shape, checksum, context",
  prefilter: [
    { kind: "literals", literals: ["1", "3"], next: ALNUM, reach: 26 },
    { kind: "literals", literals: ["bc1", "0x"], reach: 26 },
  ],
  maxLength: 90,
  validate(source, at) {
    if (!source.opens(at) || source.code(at - 1) === 95) return undefined;
    const hex = source.has(at, "0x");
    if (!hex && !source.has(at, "1") && !source.has(at, "3") && !source.has(at, "bc1"))
      return undefined;
    const end = source.run(at, ALNUM, at + 91);
    if (end - at < 26 || end - at > 90 || !source.closes(end)) return undefined;
    const word = source.text.slice(at, end);
    return hex ? ethereum(source, at, word) : bitcoin(source, at, word);
  },
};
