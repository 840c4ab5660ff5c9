/**
 * Lets old segments of the archive go, as policy says: a base is made of them, named by the next
 * manifest, read in their place, and only then they are removed. A bounded part at a time.
 *
 * Invariants: nothing is removed before a checkpoint that signs its base is kept, nor while policy
 * has a legal hold, a sink has not got it, or policy cannot be asked; each step is done again after
 * a crash, and does nothing twice.
 */
import { paths } from "#events/manifest.ts";
import type { RetentionSection } from "#policy/retention.ts";
import type { ArchiveHome } from "./archive.ts";
import type { Archivist } from "./archivist.ts";
import type { BaseRow } from "./base-rows.ts";
import type { BaseWriter } from "./base-writer.ts";
import {
  archiveRetryMaxMs,
  baseEveryMs,
  oldEntriesAtOnce,
  retentionEveryMs,
  segmentsGoneAtOnce,
} from "./limits.ts";
import type { Meta } from "./meta.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** When policy is asked again, and up to which segment a base is being made. */
const DUE = "retention-due";
const TARGET = "base-target";

export interface RetentionSetup {
  meta: Meta;
  archivist: Archivist;
  writer: BaseWriter;
  readonly home: () => ArchiveHome | undefined;
  /** The policy's section; undefined where it has none. Throws while policy cannot be asked. */
  readonly policy: () => Promise<RetentionSection | undefined>;
  /** The first event that somebody has not got yet. */
  readonly neededFrom: () => number;
  /** Removes entries of the audit list from before a moment, at most `limit`; how many. */
  readonly forgetEntries: (before: number, limit: number) => number;
  readonly atomically: (work: () => void) => void;
}

export class Retention {
  readonly #setup: RetentionSetup;
  /** The policy's section; tests put another in its place. */
  policy: RetentionSetup["policy"];
  #trouble: string | undefined;

  constructor(setup: RetentionSetup) {
    this.#setup = setup;
    this.policy = setup.policy;
  }

  /** Why nothing goes, where something should. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** When to look again, milliseconds: also where nothing goes now, as policy may have changed. */
  get dueAt(): number {
    return Number(this.#setup.meta.get(DUE) ?? 0);
  }

  /** Does a part of what is due. Returns when to come again, milliseconds. */
  async step(at: number): Promise<number> {
    const { meta } = this.#setup;
    if (at < this.dueAt) return this.dueAt;
    try {
      const section = await this.policy();
      const isIdle = section?.archiveDays === undefined || section.legalHold;
      const more = !isIdle && (await this.#advance(section.archiveDays ?? Infinity, at));
      this.#trouble = undefined;
      if (more) return at;
      meta.set(DUE, String(at + retentionEveryMs));
      return at + retentionEveryMs;
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : "old segments could not be let go";
      meta.set(DUE, String(at + archiveRetryMaxMs));
      return at + archiveRetryMaxMs;
    }
  }

  /** One part; says whether there is more to do at once. */
  async #advance(days: number, at: number): Promise<boolean> {
    const { archive } = this.#setup.archivist;
    const last = archive.bases.last;
    if (last !== undefined && last.named === null) return false;
    if (last !== undefined && !last.stands) return this.#stand(last);
    if (last !== undefined && last.gone < last.n) return this.#remove(last);
    if (last !== undefined && this.#forgetEntries(last)) return true;
    return this.#build(last, at - days * DAY_MS);
  }

  /** Folds and writes the next base, once it is worth one. */
  async #build(last: BaseRow | undefined, cutoff: number): Promise<boolean> {
    const { meta, archivist, writer } = this.#setup;
    const { archive } = archivist;
    const home = this.#setup.home();
    if (home === undefined) return false;
    let target = Number(meta.get(TARGET) ?? 0);
    if (target <= (last?.n ?? 0)) {
      const aged = archive.agedBy(cutoff);
      const isSoon = last !== undefined && aged.at - last.through < baseEveryMs;
      // A segment that only named the last base is none to make another for.
      if (aged.events <= (last?.pos ?? 0) || isSoon) return false;
      target = aged.segments;
      meta.set(TARGET, String(target));
    }
    if (writer.folded < target) await writer.foldNext();
    else await writer.write(archivist.store, home);
    return true;
  }

  /** A base that a kept checkpoint signs takes its segments' place. */
  #stand(base: BaseRow): boolean {
    if (this.#setup.neededFrom() < base.pos) {
      throw new Error("a sink has not got yet what retention would remove");
    }
    this.#setup.atomically(() => this.#setup.archivist.archive.bases.stand(base.n));
    return true;
  }

  async #remove({ n, gone }: BaseRow): Promise<boolean> {
    const { archivist } = this.#setup;
    const { store, archive } = archivist;
    const until = Math.min(n, gone + segmentsGoneAtOnce);
    const files: string[] = [];
    // The last checkpoint stays: it signs the tree that the base begins with.
    for (let one = gone; one < until; one += 1) {
      files.push(paths.segment(one), paths.manifest(one));
      if (one > 0) files.push(paths.checkpoint(one - 1), paths.cosigned(one - 1));
    }
    await store.remove(files);
    if (until === n) {
      const older = archive.bases.all().filter((base) => base < n);
      if (older.length > 0) await store.remove(older.map((base) => paths.base(base)));
    }
    this.#setup.atomically(() => {
      archive.bases.noteGone(n, until);
      if (until === n) archive.bases.forgetBefore(n);
    });
    return true;
  }

  #forgetEntries({ through }: BaseRow): boolean {
    let forgotten = 0;
    this.#setup.atomically(() => {
      forgotten = this.#setup.forgetEntries(through, oldEntriesAtOnce);
    });
    return forgotten >= oldEntriesAtOnce;
  }
}
