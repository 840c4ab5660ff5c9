/** A witness for tests, as C2SP tlog-witness says: it cosigns a log that has only grown. */
import { originOf, parseCheckpoint } from "#events/checkpoint.ts";
import { cosignedText, witnessKeyId, type WitnessKey } from "#events/cosignature.ts";
import { isConsistent } from "#events/merkle.ts";
import { fromBase64, isSignedBy, parseNote, toBase64 } from "#events/note.ts";

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export interface TestWitness {
  key: WitnessKey;
  /** As it is configured: name, id and key. */
  verifierKey: string;
  /** Answers `POST /add-checkpoint`. */
  answer(body: string): Promise<{ status: number; text: string }>;
}

export async function makeWitness(
  name: string,
  shard: string,
  publicKeys: readonly Uint8Array<ArrayBuffer>[],
): Promise<TestWitness> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer;
  const key = { name, publicKey: new Uint8Array(raw) };
  let seen = { size: 0, root: "" };
  const origin = originOf(shard);
  const logKeys = publicKeys.map((publicKey) => ({ name: origin, publicKey }));
  return {
    key,
    verifierKey: `${name}+${witnessKeyId(key)}+${toBase64(Uint8Array.of(4, ...key.publicKey))}`,
    async answer(body) {
      const cut = body.indexOf("\n\n");
      const [first = "", ...proof] = body.slice(0, cut).split("\n");
      const note = parseNote(body.slice(cut + 2));
      const checkpoint = note && parseCheckpoint(note.text);
      if (note === undefined || checkpoint?.origin !== origin) return { status: 404, text: "" };
      if (!(await isSignedBy(note, logKeys))) return { status: 403, text: "" };
      const old = Number(/^old (0|[1-9]\d*)$/.exec(first)?.[1] ?? Infinity);
      if (old > checkpoint.size) return { status: 400, text: "" };
      if (old !== seen.size) return { status: 409, text: `${seen.size}\n` };
      if (old === checkpoint.size && checkpoint.root !== seen.root)
        return { status: 409, text: "" };
      const growth = {
        earlierSize: old,
        earlierRoot: seen.root,
        laterSize: checkpoint.size,
        laterRoot: checkpoint.root,
      };
      const hashes = proof.map((line) => hexOf(fromBase64(line) ?? new Uint8Array(0)));
      const fits = old === 0 ? hashes.length === 0 : isConsistent(growth, hashes);
      if (!fits) return { status: 422, text: "" };
      seen = checkpoint;
      const time = 1_800_000_000 + checkpoint.size;
      const said = new TextEncoder().encode(cosignedText(note.text, time));
      const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, said);
      const bytes = new Uint8Array(76);
      bytes.set(
        Uint8Array.from(witnessKeyId(key).match(/../g) ?? [], (two) => Number.parseInt(two, 16)),
      );
      new DataView(bytes.buffer).setBigUint64(4, BigInt(time));
      bytes.set(new Uint8Array(signature), 12);
      return { status: 200, text: `— ${name} ${toBase64(bytes)}\n` };
    },
  };
}
