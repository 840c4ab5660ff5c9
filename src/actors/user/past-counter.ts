/**
 * Reads the past of rules that pick some requests out of the principal's own stream, once, when a
 * request first meets them.
 *
 * Invariants: what is recorded counts every event before it: the last page is read, and the fact
 * appended, in one synchronous run; nobody waits for a past that is too long, which is read by alarms
 * (`past-job.ts`) while its rule counts all of its scope's.
 */
import type { EventStore } from "#actors/kit/event-store.ts";
import { firstSince } from "#actors/kit/first-since.ts";
import { readStored } from "#actors/kit/stored.ts";
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import type { DataOf, UserState } from "./state.ts";
import type { OpenRateCommand } from "#actors/budget/api.ts";
import type { BudgetData } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import type { PolicyWhen } from "#policy/document.ts";
import type { RulePicks } from "#policy/picks.ts";
import type { AdmitCommand, OpenLeasesCommand } from "./commands.ts";
import type { UserCommand } from "./decider.ts";
import { pastEventsMax, pastPage, pastStepEvents, readRulesMax } from "./limits.ts";
import type { LeaseOpening } from "./lease-past.ts";
import { leaseOf } from "./leases.ts";
import { OpeningReader } from "./opening-reader.ts";
import { PastJob } from "./past-job.ts";
import { fromOf, isCap, PastScan } from "./past-scan.ts";
import { asRead, isUnread, openingsToRead } from "./picked-past.ts";
import { newRulesOf, type AskedRules, type NewRule } from "./rule-past.ts";
import { wordOf } from "./shared-rates.ts";

/** What the counter asks of its actor. */
export interface PastHost {
  readonly state: UserState;
  now(): number;
  /** Decides and appends. */
  execute(command: UserCommand): void;
}

export type PastStore = Pick<
  EventStore,
  "head" | "read" | "hashAt" | "getMeta" | "setMeta" | "setMetaText"
>;

/** How many events are read: while a request waits, in one alarm, and at once. */
export interface PastBounds {
  events: number;
  step: number;
  page: number;
  /** Lets others have their turn between two pages. */
  pause(): Promise<void>;
}

interface Named {
  name: string;
  scope: string;
  since?: number | undefined;
}

export class PastCounter {
  readonly #host: PastHost;
  readonly #store: PastStore;
  readonly #job: PastJob;
  readonly #openings: OpeningReader;
  readonly bounds: PastBounds;
  /** What rules pick that others are to be told of. */
  readonly #whens = new Map<string, PolicyWhen>();
  #running: Promise<void> | undefined;

  constructor(host: PastHost, store: PastStore, bounds: Partial<PastBounds> = {}) {
    this.#host = host;
    this.#store = store;
    this.bounds = {
      events: pastEventsMax,
      step: pastStepEvents,
      page: pastPage,
      pause: () => scheduler.wait(0),
      ...bounds,
    };
    this.#job = new PastJob(host, store, this.bounds);
    this.#openings = new OpeningReader(host, store, this.bounds);
  }

  /** When there is something to read by alarm: at once. */
  get dueAt(): number {
    return this.#job.isDue ? 1 : Infinity;
  }

  /** Reads on in a past that is too long for a request to wait. */
  work(): Promise<void> {
    return this.#job.work();
  }

  /** Has the rules of a request count what was before them. */
  async count({ request, verdict }: AdmitCommand, picks: RulePicks): Promise<void> {
    // What is refused anyway meets no rule.
    if (verdict !== undefined) return;
    await this.countAll(request, picks);
    await this.#openings.read(request.policyVersion, () =>
      openingsToRead(this.#host.state, request, picks),
    );
  }

  /**
   * The same for budgets and rates of several members that ask for their past; the openings as they
   * are to be taken from here on.
   */
  async open({ openings, rates = [], version }: OpenLeasesCommand): Promise<LeaseOpening[]> {
    const limits: Record<string, PolicyWhen> = {};
    for (const { limit, when } of rates) if (when !== undefined) limits[limit.name] = when;
    const { state } = this.#host;
    // Nothing is written down of teams and routes that this principal never used.
    const used = rates.filter(({ limit }) => {
      return wordOf(state, limit, this.#host.now(), 0, version).moments.length > 0;
    });
    const sharedLimits = used.map(({ limit }) => limit);
    const asked = { policyVersion: version, limits: [], budgets: [], sharedLimits };
    await this.countAll(asked, { limits });
    await this.#openings.read(version, () =>
      openings.filter((opening) => {
        const lease = leaseOf(this.#host.state, opening.lease);
        return opening.when !== undefined && isUnread(lease, opening);
      }),
    );
    return openings.map((one) => {
      // What was read of a member's own is taken over by its date.
      const isOwn = localScope(one.lease.scope) !== undefined;
      return isOwn || one.when === undefined || this.#openings.skips(one) ? one : asRead(one);
    });
  }

  /** What a rule picks, as a request said that met it; undefined for one that came long ago. */
  whenOf(kind: keyof RulePicks, { name, since }: Named): PolicyWhen | undefined {
    return this.#whens.get(`${kind}|${name}|${since}`);
  }

  /** The same for rules that somebody else asks for. Others that ask meanwhile wait with it. */
  async countAll(request: AskedRules, picks: RulePicks): Promise<void> {
    this.#note(request, picks);
    for (;;) {
      const { state } = this.#host;
      const all = newRulesOf(state, request, picks, this.#host.now());
      this.#job.add(all.filter(({ awaited }) => awaited));
      const rules = all.filter(({ awaited }) => !awaited);
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

  async #read(all: readonly NewRule[], version: number): Promise<void> {
    const long = all.flatMap((rule) => {
      if (isCap(rule)) return [];
      const events = this.#eventsSince(fromOf(rule));
      return events > this.bounds.events ? [{ rule, events }] : [];
    });
    if (long.length > 0) this.#defer(long, version);
    const rules = all.filter((rule) => !long.some((other) => other.rule === rule));
    if (rules.length === 0) return;
    const scan = new PastScan(rules);
    let seq = firstSince(this.#store, scan.from);
    for (;;) {
      const page = this.#store.read(seq, this.bounds.page);
      for (const sealed of page) scan.take(readStored(unseal(sealed)));
      seq += page.length;
      if (page.length < this.bounds.page) break;
      await this.bounds.pause();
    }
    if (rules.some(isCap)) takeAllOpen(scan, this.#host.state, this.#store);
    this.#host.execute({ type: "count-past", at: this.#host.now(), pasts: scan.counted(version) });
  }

  /** The same of a rate, and of budgets, that an actor of the same member has met. */
  async countRate({ limit, when, version }: OpenRateCommand): Promise<void> {
    if (limit === undefined || when === undefined) return;
    const asked = { policyVersion: version, limits: [], budgets: [], sharedLimits: [limit] };
    await this.countAll(asked, { limits: { [limit.name]: when } });
  }

  async countBudgets({ openings, version }: OpenLeasesCommand): Promise<void> {
    const own = openings.filter(({ lease, when }) => when && localScope(lease.scope) !== undefined);
    if (own.length === 0) return;
    const shared = own.map(({ lease: { budget: name, ...ref }, startsAt, since }): BudgetData => {
      return { name, ...ref, startsAt, since, limitNanos: 0, thresholds: [], atLimit: "allow" };
    });
    const picks = own.map(({ lease, when = {} }) => [lease.budget, when] as const);
    const asked = { policyVersion: version, limits: [], budgets: [], shared };
    await this.countAll(asked, { budgets: Object.fromEntries(picks) });
  }

  #note(request: AskedRules, picks: RulePicks): void {
    if (this.#whens.size > readRulesMax) this.#whens.clear();
    const note = (kind: keyof RulePicks, { name, scope, since }: Named): void => {
      const when = localScope(scope) === undefined ? undefined : picks[kind]?.[name];
      if (when !== undefined) this.#whens.set(`${kind}|${name}|${since}`, when);
    };
    for (const limit of request.sharedLimits ?? []) note("limits", limit);
    for (const budget of request.shared ?? []) note("budgets", budget);
  }

  #eventsSince(at: number): number {
    return this.#store.head.seq - firstSince(this.#store, at) + 1;
  }

  #defer(long: readonly { rule: NewRule; events: number }[], version: number): void {
    this.#job.add(long.map(({ rule }) => rule));
    const awaits = long.map(({ rule: { rule }, events }): DataOf<"RulePastAwaited"> => {
      return { version, ...rule, events };
    });
    this.#host.execute({ type: "await-past", at: this.#host.now(), awaits });
  }
}

/** Shows a scan what admitted each open request. */
function takeAllOpen(scan: PastScan, state: UserState, store: Pick<EventStore, "read">): void {
  for (const [id, { seq }] of state.holds) {
    const [sealed] = store.read(seq, 1);
    const event: EventEnvelope | undefined = sealed && readStored(unseal(sealed));
    scan.takeOpen(id, event?.seq === seq ? event : undefined);
  }
}
