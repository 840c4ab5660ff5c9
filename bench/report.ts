/** From series to figures: ratios within a round, then their median; and the table of them. */
import { printActors, type measureActors } from "./actors.ts";
import type { Books } from "./books.ts";
import type { Machine } from "./machine.ts";
import type { Series } from "./measure.ts";
import { differences, median, ratios } from "./stats.ts";
import { printStreams, type StreamFigures } from "./streams.ts";
import type { Spread } from "./stats.ts";
import { printWarmUp, type WarmUp } from "./warm-up.ts";

/** One target's figures against the bare Worker of the same rounds. Absent: not measured. */
export interface Figures {
  name: string;
  answers?: number;
  p50Us?: number;
  /** Over asking the upstream directly. */
  addedP50Us?: number;
  p50Ratio?: Spread;
  rps?: number;
  rpsRatio?: Spread;
  cpuUs?: number;
  cpuRatio?: Spread;
  firstByteMs?: number;
  firstByteOverBareMs?: Spread;
  gapMs?: number;
  /** Why there is no figure, or none for streams. */
  note?: string;
}

export interface Report {
  machine: Machine;
  version: string;
  rounds: number;
  seconds: number;
  /** What each target was asked before the rounds. */
  warmUps: WarmUp[];
  /** The upstream is less than five times as fast as the fastest target: throughput is its, not theirs. */
  mockBound: boolean;
  targets: Figures[];
  books: Books | undefined;
  /** Actors driven from inside a Worker, with targets. */
  actors: Awaited<ReturnType<typeof measureActors>> | undefined;
  /** What a translated chunk costs beside a watched one. */
  streams: StreamFigures[] | undefined;
}

const toMs = (us: number): number => us / 1000;
const spreadToMs = ({ median: middle, min, max }: Spread): Spread => ({
  median: toMs(middle),
  min: toMs(min),
  max: toMs(max),
});

function figuresOf(
  name: string,
  own: Series,
  bare: Series | undefined,
  direct: Series | undefined,
): Figures {
  if (own.wrong !== undefined) return { name, note: `no figure, a wrong answer: ${own.wrong}` };
  const hasCpu = own.cpuUs.length > 0;
  const hasStream = own.firstByteUs.length > 0 && own.wrongStream === undefined;
  return {
    name,
    answers: own.answers,
    p50Us: median(own.p50Us),
    rps: median(own.rps),
    ...(hasCpu ? { cpuUs: median(own.cpuUs) } : {}),
    ...(direct ? { addedP50Us: differences(own.p50Us, direct.p50Us).median } : {}),
    ...(bare
      ? { p50Ratio: ratios(own.p50Us, bare.p50Us), rpsRatio: ratios(own.rps, bare.rps) }
      : {}),
    ...(bare && hasCpu ? { cpuRatio: ratios(own.cpuUs, bare.cpuUs) } : {}),
    ...(hasStream
      ? { firstByteMs: toMs(median(own.firstByteUs)), gapMs: toMs(median(own.gapUs)) }
      : {}),
    ...(bare && hasStream
      ? { firstByteOverBareMs: spreadToMs(differences(own.firstByteUs, bare.firstByteUs)) }
      : {}),
    ...(own.wrongStream === undefined ? {} : { note: `no stream: ${own.wrongStream}` }),
  };
}

/** Figures for every measured target, and a line for every skipped one. */
export function figures(
  series: ReadonlyMap<string, Series>,
  skipped: Record<string, string>,
): Figures[] {
  const fine = (name: string): Series | undefined => {
    const found = series.get(name);
    return found?.wrong === undefined ? found : undefined;
  };
  const measured = [...series].map(([name, own]) =>
    figuresOf(name, own, fine("bare"), fine("direct")),
  );
  const absent = Object.entries(skipped).map(([name, why]) => ({ name, note: `skipped: ${why}` }));
  return [...measured, ...absent];
}

/** Whether the upstream could have been what was measured. */
export function isMockBound(all: readonly Figures[]): boolean {
  const direct = all.find(({ name }) => name === "direct")?.rps ?? 0;
  const fastest = Math.max(
    0,
    ...all.filter(({ name }) => name !== "direct").map(({ rps }) => rps ?? 0),
  );
  return direct < 5 * fastest;
}

const number = (value: number | undefined, digits = 0): string =>
  value === undefined ? "-" : value.toFixed(digits);
const times = (value: Spread | undefined): string =>
  value === undefined
    ? "-"
    : `${value.median.toFixed(2)} (${value.min.toFixed(2)}-${value.max.toFixed(2)})`;

const columns: [title: string, cell: (figures: Figures) => string][] = [
  ["target", ({ name }) => name],
  ["p50 us c=1", ({ p50Us }) => number(p50Us)],
  ["added", ({ addedP50Us }) => number(addedP50Us)],
  ["x bare", ({ p50Ratio }) => times(p50Ratio)],
  ["rps c=16", ({ rps }) => number(rps)],
  ["x bare", ({ rpsRatio }) => times(rpsRatio)],
  ["cpu us", ({ cpuUs }) => number(cpuUs)],
  ["x bare", ({ cpuRatio }) => times(cpuRatio)],
  ["first byte ms", ({ firstByteMs }) => number(firstByteMs, 2)],
  ["over bare", ({ firstByteOverBareMs }) => times(firstByteOverBareMs)],
  ["gap ms", ({ gapMs }) => number(gapMs, 2)],
];

function table(all: readonly Figures[]): string[] {
  const rows = [
    columns.map(([title]) => title),
    ...all.map((each) => columns.map(([, cell]) => cell(each))),
  ];
  const widths = columns.map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** The report as people read it. */
export function print({
  machine,
  version,
  rounds,
  seconds,
  warmUps,
  mockBound,
  targets,
  books,
  actors,
  streams,
}: Report): string {
  const measured = targets.filter(({ rps }) => rps !== undefined);
  const notes = targets.flatMap(({ name, note }) =>
    note === undefined ? [] : [`${name}: ${note}`],
  );
  const cost = books && [
    `rows written a request: ${number(books.rows, 2)}`,
    `fsyncs a request: ${number(books.fsyncsAlone, 2)} at c=1, ${number(books.fsyncsBusy, 2)} at c=16`,
    `memory a live actor: ${number(books.rssPerActorKb)} kB`,
    ...Object.entries(books.skipped).map(([name, why]) => `no figure for ${name}: ${why}`),
  ];
  return [
    `tallygate ${version}, commit ${machine.commit}, ${machine.workerd}, node ${machine.node}`,
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load} at the start`,
    `${rounds} rounds of ${seconds} s, random order; ratios are medians over rounds (min-max)`,
    printWarmUp(warmUps),
    "",
    ...table(measured),
    "",
    ...(mockBound
      ? ["MOCK-BOUND: the upstream is under 5x the fastest target, rps is a lower bound"]
      : []),
    ...notes,
    ...(cost ?? []),
    ...(actors === undefined ? [] : printActors(actors)),
    ...(streams === undefined ? [] : ["", printStreams(streams).trimEnd()]),
    "",
  ].join("\n");
}
