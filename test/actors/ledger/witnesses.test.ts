/** Witnesses: a log that only grew is cosigned, another one never is, and the archive waits for none. */
import { beforeEach, describe, expect, test } from "vitest";
import { readWitnesses, Witnesses } from "#actors/ledger/witnesses.ts";
import { EMPTY_FRONTIER, grow, manifestLeaf, paths, type Frontier } from "#events/manifest.ts";
import { openSigner } from "#events/note.ts";
import { describe as tell } from "#projections/verify/finding.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import {
  inMemory,
  liveTogether,
  packArchive,
  signingKey,
  unzip,
  type Archived,
} from "../../support/archives.ts";
import { memoryStorage } from "../../support/memory-storage.ts";
import { makeWitness, type TestWitness } from "../../support/witness.ts";

const publicKeys = [(await openSigner(signingKey)).publicKey];
const shard = "l_test_0";
const segmentEvents = 4;
const batches = liveTogether(2, 20);
const whole = await packArchive(batches, { segmentEvents });
const segments = Math.ceil(batches.flat().length / segmentEvents);
/** The same beginning, and another tail, signed by the same key. */
const rewritten = await packArchive(
  batches.map((batch, index) => (index === 12 ? batch.slice(0, 1) : batch)),
  { segmentEvents },
);

interface World {
  files: Archived;
  size: number;
  now: number;
  down: Set<string>;
  /** Answers only once all the others have. */
  last: string | undefined;
  faults: string[];
  witnesses: TestWitness[];
  shard: Witnesses;
}

let world: World;

function treeOf(files: Archived, size: number): Frontier {
  let tree = EMPTY_FRONTIER;
  for (let n = 0; n < size; n += 1) {
    tree = grow(tree, manifestLeaf(new TextDecoder().decode(files.get(paths.manifest(n)))));
  }
  return tree;
}

const names = ["w1.example", "w2.example", "w3.example"];
const makeWitnesses = () => Promise.all(names.map((name) => makeWitness(name, shard, publicKeys)));

function makeWorld(quorum: number, witnesses: TestWitness[]): World {
  const configured = JSON.stringify({
    quorum,
    witnesses: witnesses.map(({ key, verifierKey }) => ({
      url: `https://${key.name}/`,
      key: verifierKey,
    })),
  });
  const kept = new Map<string, string>();
  const others = Promise.withResolvers<void>();
  let answered = 0;
  return {
    files: new Map(whole),
    size: 0,
    now: 1_000,
    down: new Set(),
    last: undefined,
    faults: [],
    witnesses,
    shard: new Witnesses({
      sql: memoryStorage(),
      meta: { get: (key) => kept.get(key), set: (key, value) => void kept.set(key, value) },
      configured,
      store: () => ({
        create: async (path, bytes) => {
          if (world.files.has(path)) return false;
          world.files.set(path, new Uint8Array(bytes));
          return true;
        },
        read: async (path) => world.files.get(path),
        remove: async () => {},
      }),
      size: () => world.size,
      treeAt: (size) => treeOf(world.files, size),
      now: () => world.now,
      onFork: (message) => void world.faults.push(message),
      fetcher: async (url, init) => {
        const { host, pathname } = new URL(url as string);
        expect(pathname).toBe("/add-checkpoint");
        if (world.down.has(host)) throw new Error("unreachable");
        const asked = world.witnesses.find(({ key }) => key.name === host);
        if (host === world.last) await others.promise;
        const { status = 404, text = "" } = (await asked?.answer(init?.body as string)) ?? {};
        if (world.last !== undefined) answered += 1;
        if (answered === witnesses.length - 1) others.resolve();
        return new Response(text, { status });
      },
    }),
  };
}

beforeEach(async () => {
  world = makeWorld(2, await makeWitnesses());
});

/** The archive so far grew to a size, and an alarm came. */
async function growTo(size: number): Promise<number> {
  world.size = size;
  world.now += 4_000_000;
  return world.shard.step(world.now);
}

const cosigned = () => [...world.files.keys()].filter((path) => path.startsWith("cosigned"));

/** Verifies what is there, with two of the three witnesses demanded. */
async function verify(quorum = 2, files = world.files) {
  const keys = world.witnesses.map(({ key }) => key);
  const witnesses = { keys, quorum };
  const options = { publicKeys, gunzip: unzip, witnesses };
  const { findings, shards } = await verifyArchive([inMemory(files)], options);
  return { told: findings.map((finding) => tell(finding)), shard: shards[0] };
}

test("each checkpoint that is there at an alarm is cosigned, with proof of growth from any size", async () => {
  for (let size = 1; size <= segments; size += size < 12 ? 1 : 3)
    expect(await growTo(size)).toBe(Infinity);
  expect(world.faults).toEqual([]);
  expect(world.shard.trouble).toBeUndefined();
  const last = cosigned().at(-1);
  expect(last).toBe(paths.cosigned(world.size - 1));
  expect(world.shard.cosigned).toBe(world.size - 1);
  const { told, shard } = await verify(3);
  expect(told).toEqual([]);
  expect(shard).toMatchObject({ witnessed: world.size });
});

test("a witness that is down is tolerated up to the quorum, and told of beyond it", async () => {
  world.down.add("w1.example");
  expect(await growTo(3)).toBeGreaterThan(world.now);
  expect(world.shard.trouble).toBeUndefined();
  expect((await verify(2)).told).toEqual([]);
  expect((await verify(3)).told).toEqual([
    "l_test_0: missing: no checkpoint has the witnesses' cosignatures",
  ]);
  world.down.add("w2.example");
  await growTo(5);
  expect(cosigned()).toEqual([paths.cosigned(2)]);
  expect(world.shard.trouble).toMatch(/w[12]\.example: unreachable/);
  expect((await verify(2)).shard).toMatchObject({ witnessed: 3 });
  world.down.clear();
  await growTo(9);
  expect(world.shard.trouble).toBeUndefined();
  expect((await verify(3)).shard).toMatchObject({ witnessed: 9 });
});

describe("a rewritten tail", () => {
  test("is cosigned by nobody who saw the other one, and is a fault", async () => {
    await growTo(10);
    world.files = new Map(rewritten);
    world.last = names[0];
    await growTo(11);
    // In the order in which they are configured, whoever answers first.
    const told = world.faults.map((fault) => /witness (\S+) cosigned another log/.exec(fault)?.[1]);
    expect(told).toEqual(names);
    expect(world.shard.trouble).toMatch(/it has seen another log/);
    expect(cosigned()).toEqual([]);
    // Its signatures, chains and roots are as they should be: only the witnesses tell.
    const alone = await verifyArchive([inMemory(rewritten)], { publicKeys, gunzip: unzip });
    expect(alone.findings.filter(({ kind }) => kind !== "decision" && kind !== "chain")).toEqual(
      [],
    );
    expect((await verify(2)).told).toContain(
      "l_test_0: missing: no checkpoint has the witnesses' cosignatures",
    );
  });

  test("of the same size is not cosigned either", async () => {
    await growTo(10);
    const answers = await Promise.all(
      world.witnesses.map((witness) => {
        const note = new TextDecoder().decode(rewritten.get(paths.checkpoint(9)));
        return witness.answer(`old 10\n\n${note}`);
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual([409, 409, 409]);
  });

  test("cannot carry the cosignatures of the first", async () => {
    await growTo(10);
    const forged = new Map(rewritten);
    const path = paths.cosigned(9);
    const theirs = new TextDecoder().decode(world.files.get(path)).split("\n\n")[1] ?? "";
    const own = new TextDecoder().decode(rewritten.get(paths.checkpoint(9)));
    const lines = theirs.split("\n").slice(1).join("\n");
    forged.set(path, new Uint8Array(new TextEncoder().encode(own + lines)));
    expect((await verify(1, forged)).told).toContain(
      "l_test_0: missing: no checkpoint has the witnesses' cosignatures",
    );
    forged.set(path, world.files.get(path) ?? new Uint8Array(0));
    expect((await verify(1, forged)).told).toContain(
      `l_test_0/${path}: damaged: it is not its checkpoint with cosignatures`,
    );
  });
});

test("a shard that forgot what a witness cosigned is told by it, and goes on from there", async () => {
  await growTo(6);
  world = makeWorld(2, world.witnesses);
  await growTo(8);
  expect(world.faults).toEqual([]);
  expect((await verify(3)).shard).toMatchObject({ witnessed: 8 });
});

test("what is configured wrongly is said, and asks nobody", () => {
  const [first] = world.witnesses;
  const one = { url: "https://w1.example", key: first?.verifierKey ?? "" };
  expect(readWitnesses("{}")).toMatch(/is not/);
  expect(readWitnesses(JSON.stringify({ quorum: 2, witnesses: [one] }))).toMatch(
    /quorum is larger/,
  );
  expect(readWitnesses(JSON.stringify({ witnesses: [one, one] }))).toMatch(/there twice/);
  const wrong = { ...one, key: one.key.replace("+", "x+") };
  expect(readWitnesses(JSON.stringify({ witnesses: [wrong] }))).toMatch(/is none/);
  expect(readWitnesses(JSON.stringify({ witnesses: [one] }))).toMatchObject({ quorum: 1 });
});
