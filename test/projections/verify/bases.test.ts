/** An archive that begins with a base: as good as the segments it stands for, and nothing else is. */
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parseCheckpoint } from "#events/checkpoint.ts";
import { canonicalJson } from "#events/canonical.ts";
import { unseal } from "#events/envelope.ts";
import { paths } from "#events/manifest.ts";
import { openSigner, parseNote } from "#events/note.ts";
import { describe as tell } from "#projections/verify/finding.ts";
import { Sums } from "#projections/verify/sums.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import {
  dropBefore,
  inMemory,
  liveTogether,
  packArchive,
  signingKey,
  unzip,
  type Archived,
} from "../../support/archives.ts";

const publicKeys = [(await openSigner(signingKey)).publicKey];
const batches = liveTogether(3, 12);
const events = batches.flat();
const segmentEvents = 9;
const pack = (base: { segments: number; namedBy: number; alter?: (text: string) => string }) =>
  packArchive(batches, { segmentEvents, base });
const segments = Math.ceil(events.length / segmentEvents);
const n = 4;
const whole = await pack({ segments: n, namedBy: n + 1 });
const dropped = dropBefore(whole, n);

const verify = (files: Archived, more = {}) =>
  verifyArchive([inMemory(files)], { publicKeys, gunzip: unzip, ...more });
const told = async (files: Archived, more = {}) =>
  (await verify(files, more)).findings.map((finding) => tell(finding));

const textOf = (files: Archived, path: string) =>
  new TextDecoder().decode(files.get(path) ?? new Uint8Array(0));

test("an archive verifies from every base as it does from its first segment", async () => {
  const decided = events
    .map((event) => unseal(event).type)
    .map((type) => /Admitted|Refused/.test(type));
  for (let at = 1; at < segments; at += 1) {
    const files = await pack({ segments: at, namedBy: at });
    expect(await told(files)).toEqual([]);
    const { findings, shards } = await verify(dropBefore(files, at));
    expect(findings).toEqual([]);
    const position = at * segmentEvents;
    expect(shards).toMatchObject([
      {
        segments: segments - at,
        events: events.length - position,
        streams: 3,
        decisions: decided.slice(position).filter(Boolean).length,
        base: { segments: at, position },
      },
    ]);
  }
});

test("the chain alone verifies from a base, and finds what is spoilt", async () => {
  const chain = { depth: "chain" as const };
  const { findings, shards } = await verify(dropped, chain);
  expect(findings).toEqual([]);
  const position = n * segmentEvents;
  expect(shards).toMatchObject([
    { events: events.length - position, decisions: 0, base: { segments: n, position } },
  ]);
  const spoilt: [string, (files: Archived) => void, RegExp][] = [
    ["the base", (files) => flip(files, paths.base(n)), /bases/],
    ["a segment", (files) => flip(files, paths.segment(n)), /segments/],
    [
      "no checkpoint of the base's tree",
      (files) => files.delete(paths.checkpoint(n - 1)),
      /missing/,
    ],
    ["no first manifest", (files) => files.delete(paths.manifest(n)), /missing/],
  ];
  for (const [what, spoil, finding] of spoilt) {
    const files = new Map(dropped);
    spoil(files);
    expect((await told(files, chain)).join("\n"), what).toMatch(finding);
  }
  // What decisions come to is the other depth's.
  const forged = await pack({ segments: n, namedBy: n + 1, alter: spentMuch });
  expect(await told(dropBefore(forged, n), chain)).toEqual([]);
});

function flip(files: Archived, path: string): void {
  const bytes = (files.get(path) ?? new Uint8Array(0)).slice();
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  files.set(path, bytes);
}

const publish = (published: object[]) => {
  const text = `${canonicalJson({ position: events.length, sums: published })}\n`;
  return new Map([...dropped, [paths.views, new Uint8Array(new TextEncoder().encode(text))]]);
};

test("what was published is compared with what the base and the events after it give", async () => {
  const sums = new Sums();
  for (const event of events) sums.apply(unseal(event));
  const rows = sums.rows();
  expect(await told(publish(rows))).toEqual([]);
  const [first, ...rest] = rows;
  const more = { ...first, costNanos: Number(first?.["costNanos"]) + 1 };
  expect((await told(publish([more, ...rest]))).join()).toContain("views.json: views");
});

test("a crash while segments are dropped leaves an archive that begins with the base", async () => {
  const left = new Map([
    ...dropped,
    [paths.segment(2), whole.get(paths.segment(2)) ?? new Uint8Array(0)],
  ]);
  expect(await told(left)).toEqual([]);
});

const lines = (text: string) => text.slice(0, -1).split("\n");

describe("a base that is not what was signed:", () => {
  test("any altered byte of it is detected, with what it stands for and without", async () => {
    const content = dropped.get(paths.base(n)) ?? new Uint8Array(0);
    for (let at = 0; at < content.length; at += 29) {
      const altered = content.slice();
      altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
      for (const files of [whole, dropped]) {
        const { count } = await verify(new Map([...files, [paths.base(n), altered]]));
        if (count === 0) expect.fail(`byte ${at} was changed unseen`);
      }
    }
  });

  const forge = (change: (text: string) => string): Archived => {
    const text = gunzipSync(whole.get(paths.base(n)) ?? new Uint8Array(0)).toString();
    expect(change(text)).not.toBe(text);
    return new Map([...dropped, [paths.base(n), new Uint8Array(gzipSync(change(text)))]]);
  };
  const file = `l_test_0/${paths.base(n)}`;

  test("one with other lines", async () => {
    const findings = await told(
      forge((text) => text.replace(/"settledNanos":\d+/, '"settledNanos":0')),
    );
    expect(findings).toContain(`${file}: root: it is not the base that was signed`);
  });

  test("one with a line less, or one twice", async () => {
    const less = forge((text) => `${lines(text).slice(0, -1).join("\n")}\n`);
    expect(await told(less)).toContain(
      `${file}: damaged: it has not as many lines as its head says`,
    );
    const twice = forge((text) => `${[...lines(text), lines(text).at(-1)].join("\n")}\n`);
    expect((await told(twice)).join()).toContain(file);
  });

  test("one that is gone", async () => {
    const gone = new Map(dropped);
    gone.delete(paths.base(n));
    expect(await told(gone)).toContain(
      `l_test_0/${paths.segment(0)}: missing: the artefact is not there`,
    );
    const stays = new Map(whole);
    stays.delete(paths.base(n));
    expect(await told(stays)).toEqual([`${file}: missing: the artefact is not there`]);
  });

  test("one that no manifest names", async () => {
    const unnamed = await pack({ segments: n, namedBy: segments + 1 });
    expect(await told(unnamed)).toEqual([]);
    expect(await told(dropBefore(unnamed, n))).toEqual([
      `${file}: signature: no manifest names it`,
    ]);
  });

  test("one whose checkpoint is gone", async () => {
    const gone = new Map(dropped);
    gone.delete(paths.checkpoint(n - 1));
    expect(await told(gone)).toContain(
      `l_test_0/${paths.checkpoint(n - 1)}: missing: the artefact is not there`,
    );
  });
});

const spentNothing = (text: string) => text.replace(/"settledNanos":\d+/, '"settledNanos":0');
const spentMuch = (text: string) =>
  text.replaceAll(/"settledNanos":\d+/g, '"settledNanos":1990000');
const countedMuch = (text: string) => text.replaceAll(/("accounts":\[\["[^"]*",)\d+/g, "$12990000");
const seen = (size: number) => {
  const checkpoint = parseCheckpoint(
    parseNote(textOf(whole, paths.checkpoint(size - 1)))?.text ?? "",
  );
  if (checkpoint === undefined) throw new Error("no checkpoint");
  return checkpoint;
};

describe("a base that the key's holder made up", () => {
  test("is seen while the segments that it stands for are there", async () => {
    const forged = await pack({ segments: n, namedBy: n + 1, alter: spentNothing });
    expect(await told(forged)).toEqual([
      `l_test_0/${paths.base(n)}: base: 1 of its lines are not what the segments before it give`,
    ]);
  });

  test("is seen after that where a decision does not follow from it", async () => {
    const alter = spentMuch;
    const forged = dropBefore(await pack({ segments: n, namedBy: n + 1, alter }), n);
    expect((await told(forged)).join("\n")).toMatch(/: decision: RequestAdmitted: decided again/);
  });
});

const olderForm = (text: string) => text.replace(/"stateVersion":(\d+)/, '"stateVersion":1');

const packed = (alter: (text: string) => string) =>
  pack({ segments: n, namedBy: n + 1, alter: (text) => olderForm(alter(text)) });

describe("a base whose states have a form that this code does not read", () => {
  test("verifies, but for the decisions of the streams that it knows", async () => {
    const files = await packed((text) => text);
    expect(await told(files)).toEqual([]);
    const { findings, shards } = await verify(dropBefore(files, n));
    expect(findings).toEqual([]);
    expect(shards).toMatchObject([{ decisions: 0, events: events.length - n * segmentEvents }]);
  });

  test("is compared with the segments in all that needs no state", async () => {
    const forged = await packed((text) => text.replace(/("kind":"stream".*?"seq":)\d+/, "$11"));
    expect((await told(forged)).join("\n")).toMatch(/1 of its lines are not what the segments/);
    expect(await told(await packed(spentNothing))).toEqual([]);
  });
});

test("a budget that a base says was used up is passed by what comes after", async () => {
  const alter = countedMuch;
  const files = dropBefore(await pack({ segments: n, namedBy: n + 1, alter }), n);
  expect((await told(files)).join("\n")).toMatch(/: budget: budget "[^"]*" of 2000000 has 299/);
});

test("a checkpoint from before fits if it saw the base's tree or a later one", async () => {
  expect(await told(dropped, { trusted: [seen(n), seen(n + 2)] })).toEqual([]);
  const other = { ...seen(n), root: "ab".repeat(32) };
  expect((await told(dropped, { trusted: [other] })).join()).toContain(
    "is not the one that was seen",
  );
  expect((await told(dropped, { trusted: [seen(n - 1)] })).join()).toContain(
    "cannot be told any more",
  );
});
