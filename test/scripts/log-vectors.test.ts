/** The published vectors are what the script makes, and what the gateway's own verifier takes. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openSigner, readPublicKey } from "#events/note.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import { folder, makeArchive, makeExpected } from "../../scripts/log-vectors.ts";
import { inMemory, unzip } from "../support/archives.ts";

test("the files in the docs are those that the script writes", async () => {
  const files = await makeArchive();
  const there = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  expect(there.toSorted()).toEqual(
    ["expected.json", ...[...files.keys()].map((name) => `l_vectors_0/${name}`)].toSorted(),
  );
  for (const [name, bytes] of files) {
    const kept = readFileSync(path.join(folder, "l_vectors_0", name));
    expect([name, Buffer.from(bytes).equals(kept)]).toEqual([name, true]);
  }
  const expected = `${JSON.stringify(await makeExpected(files), undefined, 1)}\n`;
  expect(readFileSync(path.join(folder, "expected.json"), "utf8")).toBe(expected);
});

test("after a change of keys the archive verifies with both, and with neither alone", async () => {
  const files = await makeArchive();
  const { keys } = (await makeExpected(files)) as {
    keys: { seed: string; verifierKey: string }[];
  };
  const known = keys.flatMap(({ verifierKey }) => readPublicKey(verifierKey) ?? []);
  const opened = await Promise.all(keys.map(({ seed }) => openSigner(seed)));
  expect(opened.map(({ publicKey }) => publicKey)).toEqual(known);
  const check = (publicKeys: Uint8Array<ArrayBuffer>[]) =>
    verifyArchive([inMemory(files, "l_vectors_0")], { publicKeys, gunzip: unzip });
  expect((await check(known)).findings).toEqual([]);
  for (const key of known) {
    const { findings } = await check([key]);
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(["signature"]));
  }
});
