/** Scanning a text against a program: candidates become matches, overlaps are resolved. */
import { decodeRun, looksReadable, runStart } from "./base64.ts";
import type { Engine } from "./engine-tables.ts";
import { runEngine, type Sink } from "./engine.ts";
import type { Candidate } from "./kit/detector.ts";
import type { Codes } from "./kit/codes.ts";
import { Source } from "./kit/source.ts";
import { KEPT_CHARS, QUIET_CHARS_MAX } from "./limits.ts";
import { matchOf, type Match, type Verdict } from "./match.ts";
import { normalise, type Normal } from "./normalise.ts";
import type { DlpProgram, Plan } from "./program.ts";
import { byStart, resolve } from "./resolve.ts";
import type { Where } from "./rule.ts";
import { swallow } from "./swallow.ts";

export type { Match } from "./match.ts";

/** What a pass over a (part of a) text found. */
export interface Scanned {
  /** Every match of every rule whose verdict is final, sorted; overlaps not yet resolved. */
  matches: Match[];
  /** Everything before this offset is final. */
  hold: number;
  /** Everything before this offset is neither held nor context of what is held. */
  keep: number;
  /** Where each pattern goes on searching: past its last final match. */
  resume: number[];
}

/** Collects matches, one for every rule that a candidate satisfies. */
class Collector {
  readonly matches: Match[] = [];
  /** Whether they are sorted already, as most detectors give them. */
  sorted = true;
  #last: Match | undefined;
  readonly #plan: Plan;
  readonly #normal: Normal;

  constructor(plan: Plan, normal: Normal) {
    this.#plan = plan;
    this.#normal = normal;
  }

  add(detector: number, candidate: Candidate): void {
    const verdicts = this.#plan.verdicts[detector];
    if (verdicts === undefined) return;
    for (let k = 0; k < verdicts.length; k += 1) {
      const verdict = verdicts[k];
      if (verdict === undefined || candidate.confidence < verdict.threshold) continue;
      this.push(verdict, candidate);
    }
  }

  push(verdict: Verdict, candidate: Candidate): void {
    const start = this.#normal.startOf(candidate.start);
    const match = matchOf(verdict, candidate, start, this.#normal.endOf(candidate.end));
    if (this.#last !== undefined && this.#last.start >= start && byStart(this.#last, match) > 0)
      this.sorted = false;
    this.#last = match;
    this.matches.push(match);
  }
}

/** Looks into base64 runs; a run that may still grow is held back from its start. */
class RunReader {
  hold: number;
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #ended: boolean;
  readonly #add: Sink;

  constructor(engine: Engine, source: Source, ended: boolean, add: Sink) {
    this.#engine = engine;
    this.#source = source;
    this.#ended = ended;
    this.#add = add;
    this.hold = source.length;
  }

  read(start: number, end: number): void {
    const { text, codes } = this.#source;
    if (!this.#ended && end >= text.length) {
      this.hold = Math.min(this.hold, start);
      return;
    }
    const decoded = looksReadable(codes, start) ? decodeRun(text.slice(start, end)) : undefined;
    if (decoded === undefined) return;
    const surest = new Map<number, Candidate>();
    runEngine(this.#engine, new Source(decoded, true), 0, true, (detector, found) => {
      const best = surest.get(detector);
      if (best === undefined || best.confidence < found.confidence) surest.set(detector, found);
    });
    for (const [detector, { confidence, why }] of surest)
      this.#add(detector, { start, end, confidence, why: [...why, "base64"] }, start);
  }
}

/** Moves a hold back so that it splits no match and no base64 run. */
function settleHold(codes: Uint8Array, hold: number, starts: readonly [number, number][]): number {
  const spans = starts.toSorted((a, b) => b[0] - a[0]);
  let settled = hold;
  for (;;) {
    const before = settled;
    const run = runStart(codes, settled);
    if (run >= 0) settled = run;
    for (const [start, end] of spans) if (start < settled && end > settled) settled = start;
    if (settled === before) return settled;
  }
}

/**
 * One pass over `text` from offset `from` on; what stands before it is context only. `ended` says
 * whether the text is whole: when not, only what no continuation can change is final.
 */
export function scanFrom(
  plan: Plan,
  text: string,
  from: number,
  ended: boolean,
  resume: readonly number[],
): Scanned {
  const normal = normalise(text, ended);
  const { source } = normal;
  const start = normal.indexOf(from);
  const collector = new Collector(plan, normal);
  const spans: [number, number][] = [];
  // A span begins at its anchor: what is held must be found again, so the anchor is held too.
  const add = (detector: number, candidate: Candidate, anchor: number): void => {
    if (candidate.start < start) return;
    if (!ended) spans.push([Math.min(anchor, candidate.start), candidate.end]);
    collector.add(detector, candidate);
  };
  const runs = new RunReader(plan.engine, source, ended, add);
  const seen = (runStart: number, runEnd: number): void => runs.read(runStart, runEnd);
  let hold = runEngine(plan.engine, source, start, ended, add, seen);
  hold = Math.min(hold, runs.hold);
  const ends = plan.patterns.map(() => [] as [number, number][]);
  plan.patterns.forEach(({ scanner, verdict }, index) => {
    const at = Math.max(start, normal.indexOf(resume[index] ?? 0));
    const open = scanner.scan(source, at, ended, (matchStart, matchEnd) => {
      spans.push([matchStart, matchEnd]);
      ends[index]?.push([matchStart, matchEnd]);
      collector.push(verdict, {
        start: matchStart,
        end: matchEnd,
        confidence: 1,
        why: ["pattern"],
      });
    });
    hold = Math.min(hold, open);
  });
  // What went before `from` was final; a careful guess at a word's start must not reopen it.
  hold = ended ? source.length : Math.max(start, settleHold(source.codes, hold, spans));
  const last = ends.map((list, index) => {
    const final = list.filter(([matchStart]) => matchStart < hold).at(-1);
    return final === undefined ? (resume[index] ?? 0) : normal.startOf(final[1]);
  });
  const offset = ended ? text.length : splitSafe(text, normal.startOf(hold));
  const final = ended
    ? collector.matches
    : collector.matches.filter((match) => match.start < offset);
  const matches = collector.sorted ? final : final.toSorted(byStart);
  const keep = normal.startOf(Math.max(0, hold - KEPT_CHARS));
  return { matches, hold: offset, keep, resume: last };
}

/** Notes that there was something, whatever it was. */
class Noticed {
  any = false;
  readonly sink: Sink = () => {
    this.any = true;
  };
  readonly run = (): void => {
    this.any = true;
  };
}

const noticed = new Noticed();

/**
 * The hold of an unfinished text in which nothing is found, or -1 where only a scan can tell. The
 * text must have nothing to normalise. What most steps of a stream come to, at a fraction of the cost.
 */
export function quietHold(plan: Plan, text: string, from: number, codes: Codes): number {
  if (plan.patterns.length > 0) return -1;
  noticed.any = false;
  const source = codes.read(text);
  const hold = runEngine(plan.engine, source, from, false, noticed.sink, noticed.run);
  return noticed.any ? -1 : Math.max(from, runStart(source.codes, Math.max(from, hold)));
}

/** What short whole texts are folded into: nothing of it outlives the look. */
const room = new Uint8Array(QUIET_CHARS_MAX);

/**
 * Whether a whole text has nothing to normalise and nothing is found in it: what most texts come to,
 * without the buffers that a scan needs for the rest.
 */
export function isQuiet(plan: Plan, text: string): boolean {
  if (plan.patterns.length > 0 || text.length > QUIET_CHARS_MAX) return false;
  if (text.includes("%") || text.includes("&")) return false;
  const source = new Source(text, true, room);
  if (source.odd) return false;
  noticed.any = false;
  runEngine(plan.engine, source, 0, true, noticed.sink, noticed.run);
  return !noticed.any;
}

/** Never between the halves of a surrogate pair. */
function splitSafe(text: string, offset: number): number {
  const before = text.charCodeAt(offset - 1);
  return before >= 0xd800 && before <= 0xdbff ? offset - 1 : offset;
}

/** The winners of a whole text, sorted and without overlaps. Also what POST /dlp/scan answers. */
export function scanText(program: DlpProgram, text: string, where: Where): Match[] {
  const plan = program.plan(where);
  if (plan === undefined || text === "") return [];
  const { matches } = scanFrom(plan, text, 0, true, []);
  return swallow(resolve(matches), text, text.length, "", 0).winners;
}
