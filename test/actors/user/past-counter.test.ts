/** A past that is too long for a request to wait for is read in steps, whatever dies meanwhile. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PastCounter, type PastStore } from "#actors/user/past-counter.ts";
import type { RequestData } from "#actors/user/state.ts";
import { EMPTY_HEAD, seal, type Head, type SealedEvent } from "#events/envelope.ts";
import type { RulePicks } from "#policy/picks.ts";
import { called, first, late, Life, step } from "./late-rules.ts";

/** The stream of a run as its store has it. */
class Stored implements PastStore {
  readonly #life: Life;
  readonly #sealed: SealedEvent[] = [];
  readonly meta = new Map<string, string>();
  /** Events that were read. */
  reads = 0;

  constructor(life: Life) {
    this.#life = life;
  }

  #all(): SealedEvent[] {
    const stream = { organisation: "acme", stream: "u_1" };
    for (const { at, fact } of this.#life.run.run.facts.slice(this.#sealed.length)) {
      this.#sealed.push(seal(this.#headOf(this.#sealed), stream, fact, at, { command: "c" }));
    }
    return this.#sealed;
  }

  #headOf(events: readonly SealedEvent[]): Head {
    const last = events.at(-1);
    return last === undefined ? EMPTY_HEAD : { epoch: 1, seq: last.seq, hash: last.hash };
  }

  get head(): Head {
    return this.#headOf(this.#all());
  }

  read(seq: number, limit: number): SealedEvent[] {
    const page = this.#all().slice(seq - 1, seq - 1 + limit);
    this.reads += page.length;
    return page;
  }

  hashAt(seq: number): string | undefined {
    return seq === 0 ? EMPTY_HEAD.hash : this.#all()[seq - 1]?.hash;
  }

  getMeta(key: string): unknown {
    return JSON.parse(this.meta.get(key) ?? "null");
  }

  setMeta(key: string, value: unknown): void {
    this.setMetaText(key, JSON.stringify(value));
  }

  setMetaText(key: string, json: string): void {
    this.meta.set(key, json);
  }
}

const noPause = () => Promise.resolve();

/** A life whose rules' pasts are all too long to be waited for. */
class LongLife extends Life {
  readonly store = new Stored(this);
  #counter = this.#woken();

  #woken(): PastCounter {
    const life = () => this;
    const host = {
      get state() {
        return life().run.state;
      },
      now: () => this.at,
      execute: (command: Parameters<typeof this.run.run.execute>[0]) => {
        this.run.run.execute(command, this.at);
      },
    };
    return new PastCounter(host, this.store, { events: -1, step: 9, page: 3, pause: noPause });
  }

  /** The actor was gone: what it had in memory is lost. */
  wake(): void {
    this.#counter = this.#woken();
  }

  get isDue(): boolean {
    return this.#counter.dueAt < Infinity;
  }

  work(): Promise<void> {
    return this.#counter.work();
  }

  waitFor(request: RequestData, picks: RulePicks): Promise<void> {
    return this.#counter.count({ request } as Parameters<PastCounter["count"]>[0], picks);
  }

  protected override count(request: RequestData, picks: RulePicks): void {
    // What is deferred is so before the first turn of anybody else.
    void this.waitFor(request, picks);
  }
}

const lives = fc.record({
  before: fc.array(step, { maxLength: 30 }),
  between: fc.array(fc.tuple(step, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 20 }),
  after: fc.array(step, { minLength: 1, maxLength: 8 }),
});

test("a long past counts all of its scope's until it is read, and then what it would have counted", async () => {
  const property = fc.asyncProperty(lives, async ({ before, between, after }) => {
    const life = new LongLife();
    const policy = first();
    for (const one of before) life.step(one, policy, false);
    const second = late(life.at);
    const admit = async (one: (typeof before)[number]): Promise<[number[], number[]]> => {
      const asked = called(one.call);
      const left = life.admit(asked, one.amount, second);
      await Promise.resolve();
      return [left, life.left(asked)];
    };
    for (const [one, isRead, isGone] of between) {
      life.step({ ...one, act: one.act === "admit" ? "settle" : one.act }, second, false);
      const [left, exact] = await admit(one);
      for (const [index, most] of exact.entries()) expect(left[index]).toBeLessThanOrEqual(most);
      if (isGone) life.wake();
      if (isRead) await life.work();
    }
    // Every rule of those calls is met before the last is read.
    for (const one of after) await admit(one);
    while (life.isDue) await life.work();
    for (const one of after) {
      const asked = called(one.call);
      expect(life.admit(asked, one.amount, second)).toEqual(life.left(asked));
    }
    expect(life.run.state.awaited.size).toBe(0);
    expect(life.run.run.replayed()).toEqual(life.run.state);
  });
  await fc.assert(property, { numRuns: 150, verbose: 1 });
});

test("a long past is taken up where it was left, though the actor is gone after every step", async () => {
  const life = new LongLife();
  const call = { ownTier: "gold", tier: "gold", keyId: "k1", model: "big", tags: ["a"] } as const;
  const asked = { ...call, tags: [...call.tags], ip: "192.0.2.1", session: "s1" };
  for (let n = 0; n < 60; n += 1) {
    life.at += 1_000;
    life.admit(asked, 1, first());
  }
  life.admit(asked, 1, late(life.at));
  let steps = 0;
  for (; life.isDue && steps < 20; steps += 1) {
    await life.work();
    life.wake();
  }
  // Some seventy events, nine a step.
  expect(steps).toBeLessThan(12);
  expect(life.admit(asked, 1, late(life.at))).toEqual(life.left(asked));
});
