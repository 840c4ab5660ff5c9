/**
 * The bases of a shard: the one that its archive begins with, and those that it has beside the
 * segments that they stand for, which are folded to compare.
 *
 * Trust in a base comes from the manifest that names it, which is in the log that checkpoints sign.
 */
import { canonicalJson } from "#events/canonical.ts";
import {
  formatBaseLine,
  parseBaseLine,
  type BaseHead,
  type BaseRow,
  type BaseStream,
} from "#events/base.ts";
import { paths, type BaseRef, type Frontier, type Manifest } from "#events/manifest.ts";
import type { SegmentLine } from "#events/segment.ts";
import {
  BaseFold,
  inThisForm,
  keyOfLine,
  PROGRESS_KEY,
  progressOf,
  STATE_FORM,
  withoutState,
} from "../base/fold.ts";
import { readBase, type ReadBase, type TakeBaseLine } from "../base/read.ts";
import type { ReportFile, ShardArtefacts, Survey } from "./artefacts.ts";

type Gunzip = (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;

/** Where the log stands at a base's segment, as read from the manifests before it. */
export interface LogThere {
  previous: string;
  tree: Frontier;
  organisation: string | undefined;
}

export class Bases {
  readonly #artefacts: ShardArtefacts;
  readonly #gunzip: Gunzip;
  readonly #add: ReportFile;
  /** Those to be compared, by segment. */
  readonly #coming: Set<number>;
  /** Bases as they were read, to be named by a manifest. */
  readonly #read = new Map<number, BaseRef>();
  readonly #named = new Map<number, BaseRef>();
  /** The lines that the segments so far give, while a base is to be compared. */
  readonly #lines = new Map<string, string>();
  #fold: BaseFold | undefined;
  #first = 0;
  /** True once something was wrong with an event: what follows from it is not compared. */
  isLost = false;

  constructor(artefacts: ShardArtefacts, gunzip: Gunzip, survey: Survey, add: ReportFile) {
    this.#artefacts = artefacts;
    this.#gunzip = gunzip;
    this.#add = add;
    this.#coming = new Set(survey.bases);
  }

  /** Reads the base that the archive begins with. */
  async begin(n: number, take: TakeBaseLine): Promise<BaseHead | undefined> {
    this.#first = n;
    const base = await this.#open(n, (line, text, head) => {
      if (this.#coming.size > 0) this.#lines.set(keyOfLine(line), textToday(line, text, head));
      take(line, text, head);
    });
    if (base !== undefined) this.#lines.set(PROGRESS_KEY, progressOf(base.head));
    return base?.head;
  }

  /** Whether events are to be folded for a base that comes. */
  get isFolding(): boolean {
    return this.#coming.size > 0 && !this.isLost;
  }

  /** Takes the next event, whose hash has been checked. */
  take(line: SegmentLine): void {
    this.#fold ??= new BaseFold((key) => this.#lines.get(key));
    try {
      this.#fold.take(line);
    } catch {
      this.isLost = true;
    }
  }

  /** A segment has ended: compares the base that stands for it and all before, if there is one. */
  async endSegment(n: number, there: LogThere): Promise<void> {
    if (!this.isFolding) return;
    for (const [key, line] of this.#fold?.end() ?? []) {
      if (line === undefined) this.#lines.delete(key);
      else this.#lines.set(key, line);
    }
    this.#fold = undefined;
    if (this.#coming.delete(n + 1)) await this.#compare(n + 1, there);
  }

  /** A manifest names a base. */
  name({ n, base }: Manifest): void {
    if (base === undefined) return;
    const file = paths.manifest(n);
    if (base.segments > n) this.#add("link", "it names a base of segments to come", { file });
    this.#named.set(base.segments, base);
  }

  /**
   * A base that is named is the one that was read, the one to begin with is named, and the latest
   * that was named is there. One that no manifest names yet has just been written.
   */
  end(): void {
    for (const [n, ref] of this.#read) {
      const named = this.#named.get(n);
      const file = paths.base(n);
      if (named === undefined && n === this.#first) {
        this.#add("signature", "no manifest names it", { file });
      } else if (named !== undefined && canonicalJson(named) !== canonicalJson(ref)) {
        this.#add("root", "it is not the base that was signed", { file });
      }
    }
    const latest = Math.max(0, ...this.#named.keys());
    const latestRead = Math.max(0, ...this.#read.keys(), ...this.#coming);
    if (latest > latestRead) {
      this.#add("missing", "the artefact is not there", { file: paths.base(latest) });
    }
  }

  async #open(n: number, take: TakeBaseLine): Promise<ReadBase | undefined> {
    const file = paths.base(n);
    const bytes = await this.#artefacts.read(file);
    if (bytes === undefined) return undefined;
    const text = await this.#gunzip(bytes).catch(() => undefined);
    const base = text === undefined ? "it cannot be unpacked" : readBase(text, bytes, take);
    if (typeof base === "string") {
      this.#add("damaged", base, { file });
      return undefined;
    }
    this.#read.set(n, base.ref);
    if (base.head.segments !== n || base.head.shard !== this.#artefacts.shard) {
      this.#add("link", "it is about other segments", { file });
    }
    return base;
  }

  async #compare(n: number, there: LogThere): Promise<void> {
    const file = paths.base(n);
    let different = 0;
    let lines = 0;
    const base = await this.#open(n, (line, text, head) => {
      lines += 1;
      const ours = this.#lines.get(keyOfLine(line)) ?? "";
      if (ours !== text && !isSameButForm(ours, line, head)) different += 1;
    });
    if (base === undefined) return;
    const { previous, tree, organisation } = base.head;
    different += Math.abs(this.#lines.size - 1 - lines);
    if (progressOf(base.head) !== this.#lines.get(PROGRESS_KEY)) different += 1;
    if (different > 0) {
      const message = `${different} of its lines are not what the segments before it give`;
      this.#add("base", message, { file });
    }
    const isThere = previous === there.previous && organisation === there.organisation;
    if (!isThere || canonicalJson(tree) !== canonicalJson(there.tree)) {
      this.#add("link", "it does not stand for the manifests before it", { file });
    }
  }
}

/** A line as this code writes it: the base to begin with may have states of another form. */
function textToday(line: BaseStream | BaseRow, text: string, { stateVersion }: BaseHead): string {
  if (line.kind !== "stream" || stateVersion === STATE_FORM) return text;
  // The state becomes this form's: it is taken from a reading of its own.
  const again = parseBaseLine(text);
  return again?.kind === "stream" ? formatBaseLine(inThisForm(again, stateVersion)) : text;
}

/** Whether a base whose states are of another form says the same of a stream, but for its state. */
function isSameButForm(
  ours: string,
  line: BaseStream | BaseRow,
  { stateVersion }: BaseHead,
): boolean {
  if (line.kind !== "stream" || stateVersion === STATE_FORM) return false;
  const our = parseBaseLine(ours);
  if (our?.kind !== "stream") return false;
  return formatBaseLine(withoutState(our)) === formatBaseLine(withoutState(line));
}
