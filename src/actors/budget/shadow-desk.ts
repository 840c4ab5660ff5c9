/**
 * What members used of one budget or rate, for a draft in the shadow that changes or brings it: as
 * they say themselves since the draft is there, and of those who have not, as this node's own books
 * have it.
 *
 * Invariants: no event, no credit and no permit comes of it; it is about the newest draft alone, and
 * bounded; a word that is lost makes the sum too small, never too large.
 */
import { windowStart } from "#actors/kit/windows.ts";
import type { RateTermsData } from "#events/budget-events.ts";
import { parseJson } from "#events/parse-json.ts";
import type { Moment, ShadowWord } from "./api.ts";
import { shadowKeepMs, shadowMembersMax } from "./limits.ts";
import { accountOf } from "./preview.ts";
import type { BudgetState } from "./state.ts";

/** What one member told last: of a period, or of a window by this node's clock. */
type Told = { period: string; nanos: number } | { moments: Moment[] };

interface Kept {
  draft: number;
  told: [child: string, told: Told][];
}

/** What the desk needs of its actor. */
interface ShadowHost {
  state(): BudgetState;
  now(): number;
  read(): string | undefined;
  keep(json: string): void;
}

export class ShadowDesk {
  readonly #host: ShadowHost;
  #draft = 0;
  #told: Map<string, Told> | undefined;
  #waitsToKeep = false;

  constructor(host: ShadowHost) {
    this.#host = host;
  }

  /** Takes a member's word; what the others used, or null of a draft that is over. */
  tell(word: ShadowWord): number | null {
    const told = this.#open();
    if (word.draft < this.#draft) return null;
    if (word.draft > this.#draft) {
      told.clear();
      this.#draft = word.draft;
    }
    const said = toldBy(word, this.#host.now());
    if (said !== undefined) {
      if (!told.has(word.child) && told.size >= shadowMembersMax) return null;
      told.set(word.child, said);
      if (!this.#waitsToKeep) setTimeout(() => this.#keep(), shadowKeepMs);
      this.#waitsToKeep = true;
    }
    const { item, child } = word;
    return item.kind === "budget"
      ? this.#spent(told, periodOf(item), child, item)
      : this.#used(told, child, item.rate);
  }

  /** What was spent and held, by members' own words; at least what all children had told. */
  #spent(
    told: ReadonlyMap<string, Told>,
    period: string,
    except: string,
    { lease }: Extract<ShadowWord["item"], { kind: "budget" }>,
  ): number {
    let others = 0;
    let mine = 0;
    for (const [child, one] of told) {
      if (!("period" in one) || one.period !== period) continue;
      if (child === except) mine = one.nanos;
      else others += one.nanos;
    }
    let used = 0;
    for (const [child, { usedNanos, heldNanos }] of accountOf(this.#host.state(), lease).children) {
      used += usedNanos;
      // What a team's node leases is its members', who speak for themselves.
      const isMember = child.startsWith("u_");
      if (isMember && child !== except && !told.has(child)) others += usedNanos + heldNanos;
    }
    return Math.max(others, used - mine, 0);
  }

  #used(told: ReadonlyMap<string, Told>, except: string, rate: RateTermsData): number {
    const at = this.#host.now();
    const { mode, windowMs } = rate;
    const gone = mode === "fixed" ? windowStart(at, windowMs) - 1 : at - windowMs;
    const inWindow = (moments: readonly Moment[]): number =>
      moments.reduce((sum, moment) => (moment.at > gone ? sum + moment.amount : sum), 0);
    let others = 0;
    for (const [child, one] of told) {
      if (child !== except && "moments" in one) others += inWindow(one.moments);
    }
    for (const [child, { moments }] of this.#host.state().rate.children) {
      if (child !== except && !told.has(child)) others += inWindow(moments);
    }
    return others;
  }

  #open(): Map<string, Told> {
    if (this.#told === undefined) {
      const kept = this.#host.read();
      const { draft, told } = (kept === undefined ? nothing : parseJson(kept)) as Kept;
      this.#draft = draft;
      this.#told = new Map(told);
    }
    return this.#told;
  }

  #keep(): void {
    this.#waitsToKeep = false;
    const kept: Kept = { draft: this.#draft, told: [...(this.#told ?? [])] };
    this.#host.keep(JSON.stringify(kept));
  }
}

const nothing: Kept = { draft: 0, told: [] };

function periodOf({ lease }: Extract<ShadowWord["item"], { kind: "budget" }>): string {
  return `${lease.period}|${lease.periodKey}`;
}

/** A word by this node's clock: it was under way for a while, so nothing is dated too early. */
function toldBy({ item, nanos, moments, sentAt }: ShadowWord, at: number): Told | undefined {
  if (item.kind === "budget") {
    return nanos === undefined ? undefined : { period: periodOf(item), nanos };
  }
  if (moments === undefined) return undefined;
  const here = moments.map((one) => ({ ...one, at: Math.min(one.at + at - sentAt, at) }));
  return { moments: here };
}
