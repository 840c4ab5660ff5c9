/** The pointer lease: how long an isolate may go on with the version that it holds. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { currentPolicy, renew, stillInForce } from "#edge/policy-cache.ts";
import { PolicyDocument } from "#policy/document.ts";
import { POINTER_LEASE_MS } from "#policy/lease.ts";
import type { PolicySnapshot } from "#policy/snapshot.ts";
import { samplePolicy } from "../policy/sample.ts";

type Known = { version: number; hash: string } | null;

/** A policy's actor that answers when it is told to. */
class Publisher {
  version = 1;
  asked: Known[] = [];
  /** Set: questions wait here. */
  waiting: (() => void)[] | undefined;
  down = false;
  readonly organisation: string;

  constructor(organisation: string) {
    this.organisation = organisation;
  }

  get env(): Env {
    const snapshot = (known: Known) => this.#answer(known);
    const POLICY = { getByName: () => ({ snapshot }) };
    return { POLICY, TALLYGATE_SECRET: "a secret of the test" } as unknown as Env;
  }

  async #answer(known: Known): Promise<PolicySnapshot | undefined> {
    this.asked.push(known);
    if (this.down) throw new Error("the actor moved");
    const { version, organisation } = this;
    const { waiting } = this;
    if (waiting !== undefined) await new Promise<void>((go) => waiting.push(go));
    const hash = String(version).repeat(64).slice(0, 64);
    if (known?.version === version) return undefined;
    const document = PolicyDocument.parse(samplePolicy());
    return { organisation, version, hash, document, ledgerShards: 1 };
  }
}

let count = 0;
let publisher: Publisher;
let later: Promise<unknown>[];
const ctx = { waitUntil: (work: Promise<unknown>) => later.push(work) } as never;
const current = async () =>
  (await currentPolicy(publisher.env, ctx, publisher.organisation)).snapshot.version;

beforeEach(() => {
  vi.useFakeTimers();
  later = [];
  count += 1;
  publisher = new Publisher(`org-${count}`);
});
afterEach(() => vi.useRealTimers());

test("a version is read once and held for its lease", async () => {
  expect(await current()).toBe(1);
  vi.advanceTimersByTime(POINTER_LEASE_MS / 2);
  expect(await current()).toBe(1);
  expect(publisher.asked).toEqual([null]);
});

test("at half of its lease it is read again beside the calls, once", async () => {
  await current();
  publisher.version = 2;
  publisher.waiting = [];
  vi.advanceTimersByTime(POINTER_LEASE_MS / 2 + 1);
  expect([await current(), await current()]).toEqual([1, 1]);
  expect(publisher.asked).toEqual([null, expect.objectContaining({ version: 1 })]);
  for (const go of publisher.waiting) go();
  await Promise.all(later);
  expect(await current()).toBe(2);
});

test("a lease counts from before its question was sent, however long the answer took", async () => {
  publisher.waiting = [];
  const first = current();
  vi.advanceTimersByTime(POINTER_LEASE_MS - 1);
  publisher.waiting[0]?.();
  await first;
  publisher.waiting = undefined;
  vi.advanceTimersByTime(1);
  publisher.version = 2;
  expect(await current()).toBe(2);
});

test("without an answer at the lease's end nothing is let through", async () => {
  const held = await currentPolicy(publisher.env, ctx, publisher.organisation);
  publisher.down = true;
  vi.advanceTimersByTime(POINTER_LEASE_MS);
  const refusal = { code: "policy_unavailable" };
  await expect(current()).rejects.toMatchObject(refusal);
  await expect(stillInForce(publisher.env, held)).rejects.toMatchObject(refusal);
});

test("a read in the background that fails is tried again by the next call", async () => {
  await current();
  vi.advanceTimersByTime(POINTER_LEASE_MS / 2 + 1);
  publisher.down = true;
  await current();
  await Promise.all(later);
  publisher.down = false;
  publisher.version = 2;
  await current();
  await Promise.all(later);
  expect(await current()).toBe(2);
});

test("an answer that was overtaken never brings an older version back", async () => {
  publisher.waiting = [];
  const slow = renew(publisher.env, publisher.organisation);
  const [answerSlow] = publisher.waiting;
  publisher.waiting = undefined;
  publisher.version = 2;
  await renew(publisher.env, publisher.organisation);
  answerSlow?.();
  await slow;
  expect(await current()).toBe(2);
});

test("a call that began under a version that has gone may not start", async () => {
  const old = await currentPolicy(publisher.env, ctx, publisher.organisation);
  expect(await stillInForce(publisher.env, old)).toBe(true);
  publisher.version = 2;
  expect(await stillInForce(publisher.env, old)).toBe(true);
  await renew(publisher.env, publisher.organisation);
  expect(await stillInForce(publisher.env, old)).toBe(false);
});
