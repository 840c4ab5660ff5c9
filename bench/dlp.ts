/**
 * Speed of the DLP scan with every detector on, as ratios taken in one run: against the naive
 * scan, and of hostile texts against ordinary ones. Run with Node 24: `node bench/dlp.ts`.
 */
import { DETECTORS } from "../src/dlp/catalogue.ts";
import { compileDlp } from "../src/dlp/program.ts";
import { Source } from "../src/dlp/kit/source.ts";
import { scanText } from "../src/dlp/scan.ts";
import { openStream } from "../src/dlp/stream.ts";
import { ordinaryText } from "../test/support/ordinary-text.ts";
import { hostileUnits, repeated } from "../test/support/hostile-texts.ts";

const WHERE = { direction: "prompt", channel: "user" } as const;
const KIB = 1024;

/** Ordinary text in one byte a character, as a parsed request has it. */
const ordinary = (length: number): string => Buffer.from(ordinaryText(length)).toString("latin1");

/** The best of several runs, in nanoseconds a character: the least disturbed one. */
function nanosPerChar(length: number, rounds: number, work: () => void): number {
  let best = Infinity;
  for (let i = 0; i < rounds; i += 1) {
    const start = process.hrtime.bigint();
    work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / length);
  }
  return best;
}

const program = compileDlp(
  DETECTORS.map(({ id }) => ({
    id,
    detector: id,
    directions: ["prompt"],
    action: "redact",
    mode: "enforce",
  })),
);

function naive(text: string): void {
  const source = new Source(text, true);
  for (let at = 0; at < text.length; at += 1) {
    for (const detector of DETECTORS) detector.validate(source, at);
  }
}

const rate = (nanos: number): string => `${(1000 / nanos).toFixed(0)} M chars/s`;
const small = ordinary(4 * KIB);
const slow = nanosPerChar(small.length, 5, () => naive(small));
console.log(`naive scan (every detector at every position)  ${rate(slow)}`);
for (const size of [KIB, 8 * KIB, 64 * KIB]) {
  const text = ordinary(size);
  const fast = nanosPerChar(size, Math.max(40, (4096 * KIB) / size), () =>
    scanText(program, text, WHERE),
  );
  console.log(
    `scan, ${size / KIB} KiB, ${DETECTORS.length} detectors  ${rate(fast)}  ${(slow / fast).toFixed(0)}x the naive scan`,
  );
}

const length = 64 * KIB;
const usual = ordinary(length);
const base = nanosPerChar(length, 60, () => scanText(program, usual, WHERE));
const flat = (text: string): string => Buffer.from(text, "utf16le").toString("utf16le");
const timed = (unit: string, size: number, rounds: number): number => {
  const text = flat(repeated(unit, size));
  return nanosPerChar(size, rounds, () => scanText(program, text, WHERE));
};
const units = hostileUnits(8);
const dearest = units
  .map((unit) => ({ unit, nanos: timed(unit, 4 * KIB, 3) }))
  .toSorted((a, b) => b.nanos - a.nanos)
  .slice(0, 24);
const ratios = dearest
  .map(({ unit }) => ({ unit, ratio: timed(unit, length, 8) / base }))
  .toSorted((a, b) => b.ratio - a.ratio);
console.log(
  `\nhostile texts of 64 KiB, time over that of ordinary text (slowest eight of ${units.length}):`,
);
for (const { unit, ratio } of ratios.slice(0, 8))
  console.log(`  ${JSON.stringify(unit)}  ${ratio.toFixed(1)}x`);

const tokens = usual.match(/.{1,4}/gs) ?? [];
const piecewise = nanosPerChar(length, 20, () => {
  const stream = openStream(program, WHERE);
  for (const token of tokens) stream.push(token);
  stream.end();
});
console.log(
  `\nstream of pieces of 4 characters  ${rate(piecewise)}  ${(piecewise / base).toFixed(0)}x the whole`,
);
