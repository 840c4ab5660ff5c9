/**
 * Cosignatures: what a witness says of a checkpoint, so that a log cannot show two histories.
 *
 * The form is C2SP tlog-cosignature v1 with Ed25519 (type 0x04): a signature line of the note whose
 * bytes are a time, eight of them in network order, seconds since 1970, and the signature over
 * `cosignature/v1`, `time N` and the checkpoint's text, each on lines of its own.
 */
import { createHash } from "node:crypto";
import { fromBase64, type ParsedNote } from "./note.ts";

const TYPE = 4;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

/** A witness as it is known: a name, and the public key that it cosigns with, 32 bytes. */
export interface WitnessKey {
  name: string;
  publicKey: Uint8Array<ArrayBuffer>;
}

/** The first four bytes of SHA-256 over name, line break, type and key; eight hex digits. */
export function witnessKeyId({ name, publicKey }: WitnessKey): string {
  const hash = createHash("sha256").update(`${name}\n`).update(Uint8Array.of(TYPE));
  return hash.update(publicKey).digest("hex").slice(0, 8);
}

/** Reads a verifier key, `name+id+base64`; `undefined` when it is none of a cosigner. Total. */
export function readWitnessKey(text: string): WitnessKey | undefined {
  const [name = "", id = "", ...rest] = text.trim().split("+");
  const bytes = fromBase64(rest.join("+"));
  if (name === "" || /\s/.test(name) || bytes?.length !== 33 || bytes[0] !== TYPE) return undefined;
  const key = { name, publicKey: bytes.slice(1) };
  return witnessKeyId(key) === id ? key : undefined;
}

/** What a witness signs: the text of a checkpoint, at a time in seconds since 1970. */
export function cosignedText(text: string, time: number): string {
  return `cosignature/v1\ntime ${time}\n${text}`;
}

/** When a witness cosigned a note, seconds since 1970; `undefined` if it did not. Total. */
export async function cosignedAt(
  note: ParsedNote,
  witness: WitnessKey,
): Promise<number | undefined> {
  const id = witnessKeyId(witness);
  for (const { name, keyId, signature } of note.signatures) {
    if (name !== witness.name || keyId !== id) continue;
    if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) continue;
    const seconds = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
    if (seconds > BigInt(Number.MAX_SAFE_INTEGER)) continue;
    const time = Number(seconds);
    const said = new TextEncoder().encode(cosignedText(note.text, time));
    const key = await crypto.subtle.importKey("raw", witness.publicKey, "Ed25519", false, [
      "verify",
    ]);
    const bytes = signature.slice(TIME_BYTES);
    if (await crypto.subtle.verify("Ed25519", key, bytes, said)) return time;
  }
  return undefined;
}
