/** Signed notes and checkpoints, against the published example and against damage. */
import { expect, test } from "vitest";
import { formatCheckpoint, originOf, parseCheckpoint } from "#events/checkpoint.ts";
import {
  fromBase64,
  isSignedBy,
  noteKeyId,
  openSigner,
  parseNote,
  readPublicKey,
  toBase64,
  toVerifierKey,
} from "#events/note.ts";

/** The key and the note of the documentation of Go's `sumdb/note`. */
const published = {
  key: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  note: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
};
const seed = toBase64(new Uint8Array(32).fill(7));

test("the published note is signed by the published key", async () => {
  const publicKey = readPublicKey(published.key);
  const note = parseNote(published.note);
  if (publicKey === undefined || note === undefined) throw new Error("neither is malformed");
  const key = { name: "PeterNeumann", publicKey };
  expect(toVerifierKey(key)).toBe(published.key);
  expect(note.signatures.map(({ keyId }) => keyId)).toEqual([noteKeyId(key)]);
  expect(await isSignedBy(note, [key])).toBe(true);
  expect(await isSignedBy(note, [{ ...key, name: "Another" }])).toBe(false);
});

test("a note that was signed reads back, and no single byte of it can change", async () => {
  const signer = await openSigner(seed);
  const key = { name: originOf("l_1_0"), publicKey: signer.publicKey };
  const said = { origin: key.name, size: 12, root: "ab".repeat(32) };
  const text = await signer.sign(key.name, formatCheckpoint(said));
  const read = parseNote(text);
  expect(read === undefined ? undefined : parseCheckpoint(read.text)).toEqual(said);
  const bytes = new TextEncoder().encode(text);
  let checked = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    for (const bit of [1, 2, 4, 32, 128]) {
      const altered = bytes.slice();
      altered[at] = (altered[at] ?? 0) ^ bit;
      const note = parseNote(new TextDecoder().decode(altered));
      if (note !== undefined) expect(await isSignedBy(note, [key]), `byte ${at}`).toBe(false);
      checked += 1;
    }
  }
  expect(checked).toBe(bytes.length * 5);
});

test("base64 has one way to write bytes, and keys are 32 of them", () => {
  expect(fromBase64("AQ==")).toEqual(Uint8Array.of(1));
  for (const other of ["AR==", "AQ", "A Q==", "AQ==\n", "*"]) {
    expect(fromBase64(other), other).toBeUndefined();
  }
  expect(readPublicKey(seed)?.length).toBe(32);
  expect(readPublicKey("AQ==")).toBeUndefined();
  expect(readPublicKey(published.key.replace("c74f", "c74e"))).toBeUndefined();
});

test("a signing key that is none is refused without being shown", async () => {
  await expect(openSigner("c2VjcmV0")).rejects.toThrow("not the base64 of 32 bytes");
});

test("what is no checkpoint is not read as one", () => {
  const fine = formatCheckpoint({ origin: "o", size: 3, root: "00".repeat(32) });
  expect(parseCheckpoint(fine)?.size).toBe(3);
  for (const other of ["", "o\n03\n", fine.replace("3", "03"), fine.slice(0, -1), `\n${fine}`]) {
    expect(parseCheckpoint(other), JSON.stringify(other)).toBeUndefined();
  }
});
