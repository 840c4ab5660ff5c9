/**
 * Signed notes: a text that people can read, with signatures below it that programs check.
 *
 * The form is C2SP signed-note, as checkpoints of transparency logs use it: the text ends with a
 * line break, an empty line follows, then `— <key name> <base64 of 4 bytes of key id and the
 * signature>`, one line a signature. Signatures are Ed25519 (type 0x01).
 */
import { createHash } from "node:crypto";

const ED25519 = 1;
const SIGNATURE_START = "— ";
/** What comes before a seed in the PKCS #8 form of an Ed25519 private key (RFC 8410, section 7). */
const PKCS8_HEAD = "302e020100300506032b657004220420";

/** A public key that signatures are checked against: 32 bytes, and the name it signs under. */
export interface NoteKey {
  name: string;
  publicKey: Uint8Array<ArrayBuffer>;
}

/** A note taken apart. Nothing is checked yet. */
export interface ParsedNote {
  /** With its last line break: what was signed. */
  text: string;
  signatures: { name: string; keyId: string; signature: Uint8Array<ArrayBuffer> }[];
}

/** Bytes as base64 (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The bytes of base64; `undefined` unless the text is the one way to write them. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  // Unused bits and white space would let two texts stand for one signature.
  return toBase64(bytes) === text ? bytes : undefined;
}

/** The first four bytes of SHA-256 over name, line break, type and key; eight hex digits. */
export function noteKeyId({ name, publicKey }: NoteKey): string {
  const hash = createHash("sha256").update(`${name}\n`).update(Uint8Array.of(ED25519));
  return hash.update(publicKey).digest("hex").slice(0, 8);
}

/** A public key as tools for signed notes exchange it: `name+id+base64`. */
export function toVerifierKey(key: NoteKey): string {
  return `${key.name}+${noteKeyId(key)}+${toBase64(Uint8Array.of(ED25519, ...key.publicKey))}`;
}

/** Reads `name+id+base64`, or the base64 of 32 bytes, which may sign under any name. */
export function readPublicKey(text: string): Uint8Array<ArrayBuffer> | undefined {
  const parts = text.trim().split("+");
  const plain = fromBase64(text.trim());
  if (plain?.length === 32) return plain;
  const [name = "", id = ""] = parts;
  const bytes = fromBase64(parts.slice(2).join("+"));
  if (bytes?.length !== 33 || bytes[0] !== ED25519) return undefined;
  const publicKey = bytes.slice(1);
  return noteKeyId({ name, publicKey }) === id ? publicKey : undefined;
}

/** Takes a note apart; `undefined` when it is none. Total. */
export function parseNote(note: string): ParsedNote | undefined {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) return undefined;
  const text = note.slice(0, end + 1);
  const signatures: ParsedNote["signatures"] = [];
  for (const line of note.slice(end + 2, -1).split("\n")) {
    const [name = "", encoded = "", ...rest] = line.slice(SIGNATURE_START.length).split(" ");
    const bytes = fromBase64(encoded);
    const isSignature = line.startsWith(SIGNATURE_START) && name !== "" && rest.length === 0;
    if (!isSignature || bytes === undefined || bytes.length < 5) return undefined;
    const keyId = Array.from(bytes.slice(0, 4), (byte) => byte.toString(16).padStart(2, "0"));
    signatures.push({ name, keyId: keyId.join(""), signature: bytes.slice(4) });
  }
  return { text, signatures };
}

/** Signs under names; made by `openSigner`. */
export interface NoteSigner {
  publicKey: Uint8Array<ArrayBuffer>;
  /** The note: the text and one signature. */
  sign(name: string, text: string): Promise<string>;
}

/** Opens a signing key: the base64 of 32 bytes. Throws an Error that does not show it. */
export async function openSigner(secret: string): Promise<NoteSigner> {
  const seed = fromBase64(secret.trim());
  if (seed?.length !== 32) throw new Error("the signing key is not the base64 of 32 bytes");
  const der = Uint8Array.from([...hexBytes(PKCS8_HEAD), ...seed]);
  const key = await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]);
  const { x = "" } = (await crypto.subtle.exportKey("jwk", key)) as { x?: string };
  const publicKey = fromBase64(`${x.replaceAll("-", "+").replaceAll("_", "/")}=`);
  if (publicKey?.length !== 32) throw new Error("the signing key has no public key");
  return {
    publicKey,
    async sign(name, text) {
      const bytes = new TextEncoder().encode(text);
      const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes));
      const id = hexBytes(noteKeyId({ name, publicKey }));
      return `${text}\n${SIGNATURE_START}${name} ${toBase64(Uint8Array.of(...id, ...signature))}\n`;
    },
  };
}

/** Whether one of a note's signatures is by one of these keys. Signatures by others do not count. */
export async function isSignedBy(note: ParsedNote, keys: readonly NoteKey[]): Promise<boolean> {
  for (const { name, keyId, signature } of note.signatures) {
    const known = keys.find((key) => key.name === name && noteKeyId(key) === keyId);
    if (known === undefined) continue;
    const text = new TextEncoder().encode(note.text);
    const key = await crypto.subtle.importKey("raw", known.publicKey, "Ed25519", false, ["verify"]);
    if (await crypto.subtle.verify("Ed25519", key, signature, text)) return true;
  }
  return false;
}

function hexBytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
