/**
 * Reads the past of rules that pick some requests out of the principal's own stream, once, when a
 * request first meets them.
 *
 * Invariants: what is recorded counts every event before it: the last page is read, and the fact
 * appended, in one synchronous run; a past that is too long to be read is left to the decider, which
 * counts all of the scope's.
 */
import type { EventStore } from "#actors/kit/event-store.ts";
import { firstSince } from "#actors/kit/first-since.ts";
import { readStored } from "#actors/kit/stored.ts";
import { unseal } from "#events/envelope.ts";
import type { RulePicks } from "#policy/picks.ts";
import type { AdmitCommand } from "./commands.ts";
import type { UserCommand } from "./decider.ts";
import { evolve } from "./evolve.ts";
import { pastEventsMax, pastPage, pastSkipsMax } from "./limits.ts";
import { newRulesOf, PastScan, type NewRule } from "./rule-past.ts";
import { initialState, type UserState } from "./state.ts";

/** What the counter asks of its actor. */
interface PastHost {
  readonly state: UserState;
  now(): number;
  /** Decides and appends. */
  execute(command: UserCommand): void;
}

export class PastCounter {
  readonly #host: PastHost;
  readonly #store: Pick<EventStore, "head" | "read">;
  /** Rules with too long a past, since this actor woke. */
  readonly #skipped = new Set<string>();
  #running: Promise<void> | undefined;

  constructor(host: PastHost, store: Pick<EventStore, "head" | "read">) {
    this.#host = host;
    this.#store = store;
  }

  /** Has the rules of a request count what was before them. Others that ask meanwhile wait with it. */
  async count({ request, verdict }: AdmitCommand, picks: RulePicks): Promise<void> {
    // What is refused anyway meets no rule.
    if (verdict !== undefined) return;
    for (;;) {
      const { state } = this.#host;
      const rules = newRulesOf(state, request, picks, this.#host.now()).filter(
        ({ key }) => !this.#skipped.has(key),
      );
      if (rules.length === 0) return;
      if (this.#running === undefined) {
        this.#running = this.#read(rules, request.policyVersion).finally(() => {
          this.#running = undefined;
        });
        return this.#running;
      }
      // Theirs may be another rule; if it fails, this one reads for itself.
      await this.#running.catch(() => {});
    }
  }

  async #read(rules: readonly NewRule[], version: number): Promise<void> {
    const scan = new PastScan(rules, evolve, initialState());
    let seq = firstSince(this.#store, scan.from);
    if (this.#store.head.seq - seq >= pastEventsMax) return this.#skip(rules);
    for (;;) {
      const page = this.#store.read(seq, pastPage);
      for (const sealed of page) scan.take(readStored(unseal(sealed)));
      seq += page.length;
      if (page.length < pastPage) break;
      await scheduler.wait(0);
    }
    this.#host.execute({ type: "count-past", at: this.#host.now(), pasts: scan.counted(version) });
  }

  #skip(rules: readonly NewRule[]): void {
    if (this.#skipped.size >= pastSkipsMax) this.#skipped.clear();
    for (const { key } of rules) this.#skipped.add(key);
  }
}
