/**
 * Two verifiers that share no code agree: the gateway's, and one that was written from
 * docs/reference/log-format.md alone (`test/support/page-verifier.ts`).
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCheckpoint } from "#events/checkpoint.ts";
import { EMPTY_HEAD, seal, unseal, type Head, type SealedEvent } from "#events/envelope.ts";
import { paths } from "#events/manifest.ts";
import { openSigner, parseNote, toBase64 } from "#events/note.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import {
  inMemory,
  liveTogether,
  packArchive,
  signingKey,
  unzip,
  type Archived,
} from "../../support/archives.ts";
import { PageVerifier } from "../../support/page-verifier.ts";

const { publicKey } = await openSigner(signingKey);
const key = toBase64(publicKey);
const shard = "l_test_0";
const batches = liveTogether(3, 12);
const whole = await packArchive(batches, { segmentEvents: 20 });

const byPage = (files: Archived, kept: string[] = []): string[] =>
  new PageVerifier(files).verify(shard, [key], kept);
const textOf = (files: Archived, file: string): string => new TextDecoder().decode(files.get(file));

/** Whether the gateway's verifier finds anything: by chains and signatures, or by all it checks. */
async function byGateway(files: Archived, kept: string[] = [], depth = "chain" as const) {
  const trusted = kept.flatMap((text) => parseCheckpoint(parseNote(text)?.text ?? "") ?? []);
  const options = { publicKeys: [publicKey], gunzip: unzip, trusted, depth };
  return (await verifyArchive([inMemory(files)], options)).count > 0;
}

test("neither has anything to say of what is whole, also where it begins with a base", async () => {
  expect(byPage(whole)).toEqual([]);
  expect(await byGateway(whole)).toBe(false);
  const packed = { segmentEvents: 12, base: { segments: 3, namedBy: 4 } };
  const based = await packArchive(batches, packed);
  expect(byPage(based)).toEqual([]);
  const rest = new Map(based);
  for (let n = 0; n < 3; n += 1) {
    for (const file of [paths.segment(n), paths.manifest(n)]) rest.delete(file);
    if (n < 2) rest.delete(paths.checkpoint(n));
  }
  expect(await byGateway(rest)).toBe(false);
  const verifier = new PageVerifier(rest);
  expect(verifier.verify(shard, [key])).toEqual([]);
  expect(verifier.events).toBe(batches.flat().length);
});

describe("both find", () => {
  test("any single byte of any artefact that was altered", async () => {
    const small = await packArchive(liveTogether(1, 2), { segmentEvents: 3 });
    for (const [file, content] of small) {
      for (let at = 0; at < content.length; at += 1) {
        const altered = content.slice();
        altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
        const found = byPage(new Map([...small, [file, altered]]));
        if (found.length === 0) expect.fail(`${file}: byte ${at} was changed unseen`);
      }
    }
  });

  test("an artefact that is gone, one that should not be, and another order of lines", async () => {
    const damaged: Archived[] = [...whole.keys()].map((file) => {
      const files = new Map(whole);
      files.delete(file);
      return files;
    });
    damaged.push(new Map([...whole, ["segments/1.gz", new Uint8Array(3)]]));
    const lines = gunzipSync(whole.get(paths.segment(1)) ?? "")
      .toString()
      .split("\n")
      .slice(0, -1);
    for (const changed of [
      lines.toReversed(),
      lines.slice(1),
      [...lines, lines.at(-1) ?? ""],
      lines.toSpliced(3, 1),
    ]) {
      const packed = new Uint8Array(gzipSync(changed.map((line) => `${line}\n`).join("")));
      damaged.push(new Map([...whole, [paths.segment(1), packed]]));
    }
    for (const files of damaged) {
      expect([byPage(files).length > 0, await byGateway(files)]).toEqual([true, true]);
    }
  });

  test("an event that is left out, repeated or put elsewhere, though the key's holder packs and signs", async () => {
    const [early = [], later = []] = [batches[4], batches[10]];
    for (const changed of [
      batches.toSpliced(4, 1),
      batches.toSpliced(4, 1, early, early),
      batches.with(4, later).with(10, early),
      batches.map((batch) => batch.toReversed()),
    ]) {
      const files = await packArchive(changed, { segmentEvents: 20 });
      expect([byPage(files).length > 0, await byGateway(files)]).toEqual([true, true]);
    }
  });

  test("a tail that is gone, by a checkpoint from before alone", async () => {
    const last = Math.max(...[...whole.keys()].map((file) => Number(/\d{10}/.exec(file)?.[0])));
    const kept = [textOf(whole, paths.checkpoint(last))];
    const files = new Map(whole);
    for (const file of whole.keys())
      if (file.includes(`/${String(last).padStart(10, "0")}`)) files.delete(file);
    expect([byPage(files), await byGateway(files)]).toEqual([[], false]);
    expect([byPage(files, kept).length, await byGateway(files, kept)]).toEqual([1, true]);
  });

  test("a tail that the key's holder wrote anew by a checkpoint from before, and not without", async () => {
    const last = Math.max(...[...whole.keys()].map((file) => Number(/\d{10}/.exec(file)?.[0])));
    const kept = [textOf(whole, paths.checkpoint(last))];
    let settled = 0;
    const forged = resealed(batches, ({ type, data }) => {
      if (type === "RequestSettled" && (settled += 1) === 20) data["answerHash"] = "00".repeat(32);
    });
    const files = await packArchive(forged, { segmentEvents: 20 });
    for (const [archive, known, found] of [
      [whole, kept, false],
      [files, [], false],
      [files, kept, true],
    ] as const) {
      expect([
        byPage(archive, [...known]).length > 0,
        await byGateway(archive, [...known]),
      ]).toEqual([found, found]);
    }
  });

  test("an admission that passes its budget, whatever was sealed and signed", async () => {
    const dear = resealed(batches, ({ type, data }) => {
      if (type !== "RequestAdmitted") return;
      data["bound"] = { ...(data["bound"] as object), costNanos: 1_500_000 };
    });
    const files = await packArchive(dear, { segmentEvents: 20 });
    expect(byPage(files).every((fault) => fault.endsWith("passes a budget"))).toBe(true);
    const options = { publicKeys: [publicKey], gunzip: unzip };
    const { findings } = await verifyArchive([inMemory(files)], options);
    const told = findings.filter(({ kind }) => kind === "budget");
    expect(byPage(files)).toHaveLength(told.length);
    expect(told.length).toBeGreaterThan(0);
  });
});

test("what one finds the other finds, whatever bytes are changed", async () => {
  const files = [...whole.keys()];
  const change = fc.record({
    which: fc.nat(files.length - 1),
    where: fc.nat(),
    to: fc.nat(255),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async (changes) => {
      const altered = new Map(whole);
      for (const { which, where, to } of changes) {
        const file = files[which] ?? "";
        const bytes = altered.get(file)?.slice() ?? new Uint8Array(0);
        bytes[where % bytes.length] = to;
        altered.set(file, bytes);
      }
      expect(byPage(altered).length > 0).toBe(await byGateway(altered));
    }),
    { seed: 6_962, numRuns: 150 },
  );
});

test("the published vectors are sound to both, with both keys and with no other", () => {
  const folder = path.resolve(import.meta.dirname, "../../../docs/reference/log-vectors");
  const { keys, shard: name } = JSON.parse(
    readFileSync(path.join(folder, "expected.json"), "utf8"),
  ) as { keys: { publicKey: string }[]; shard: string };
  const files: Archived = new Map();
  for (const kind of ["segments", "manifests", "checkpoints"]) {
    for (const file of readdirSync(path.join(folder, name, kind))) {
      files.set(
        `${kind}/${file}`,
        new Uint8Array(readFileSync(path.join(folder, name, kind, file))),
      );
    }
  }
  const known = keys.map(({ publicKey: one }) => one);
  expect(new PageVerifier(files).verify(name, known)).toEqual([]);
  expect(new PageVerifier(files).verify(name, known.slice(1))).toHaveLength(3);
  expect(new PageVerifier(files).verify(name, [])).toHaveLength(5);
});

/** The same lives with some events changed, sealed anew as a forger with the key would. */
function resealed(
  from: readonly SealedEvent[][],
  change: (fact: { type: string; data: Record<string, unknown> }) => void,
): SealedEvent[][] {
  const heads = new Map<string, Head>();
  return from.map((batch) =>
    batch.map((sealed) => {
      const { stream, organisation, type, v, data, at, cause } = structuredClone(unseal(sealed));
      const fact = { type, v, data: data as Record<string, unknown> };
      change(fact);
      const again = seal(
        heads.get(stream) ?? EMPTY_HEAD,
        { organisation, stream },
        fact,
        at,
        cause,
      );
      heads.set(stream, { epoch: 1, seq: again.seq, hash: again.hash });
      return again;
    }),
  );
}
