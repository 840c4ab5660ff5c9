/**
 * A storm: hundreds of callers against budgets and limits that run out, the process killed at random
 * points and started again. Afterwards the log is read by brute force and compared with what callers
 * were told and with the provider's own journal. `STORM_SEED=n` repeats a run.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chainFault, EMPTY_HEAD, unseal, type SealedEvent } from "#events/envelope.ts";
import type { UserFact } from "#events/user-events.ts";
import { ask } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { claimPort } from "../support/ports.ts";
import {
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";
import { randomFrom } from "./fuzz/mutations.ts";

const seed = Number(process.env["STORM_SEED"] ?? Date.now() % 1_000_000);
const rounds = 3;
const callersPerRound = 200;
const maxTokens = 100;
const users = ["alice", "bob", "auditor"] as const;
/** Holds of the default prompt are some 0.04 dollars, answers 0.002: about forty fit at a time. */
const budgetUsd = 0.4;
const rate = { limit: 150, windowMs: 10_000 };

let upstream: ScriptedUpstream;
const state = mkdtempSync(path.join(tmpdir(), "tallygate-storm-"));
beforeAll(async () => {
  console.log(`storm seed ${seed}`);
  upstream = await startScriptedUpstream();
});
afterAll(async () => {
  await upstream.stop();
  rmSync(state, { recursive: true, force: true });
});

const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Ids of requests that were answered whole. */
const acknowledged: string[] = [];
const refusedWith = new Map<number, number>();

async function call(gateway: TestGateway, key: string, isStream: boolean): Promise<void> {
  const answer = await ask(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    key,
    body: JSON.stringify({
      model: "gpt-4o-mini",
      max_tokens: maxTokens,
      stream: isStream,
      messages: [{ role: "user", content: "hi" }],
    }),
  }).catch(() => undefined);
  if (answer === undefined) return;
  if (answer.status !== 200) {
    refusedWith.set(answer.status, (refusedWith.get(answer.status) ?? 0) + 1);
    return;
  }
  const whole = !isStream || answer.text.includes("[DONE]");
  if (whole) acknowledged.push(answer.headers.get("x-request-id") ?? "no id");
}

async function readAll(gateway: TestGateway, user: string): Promise<{ id: string }[]> {
  const entries: { id: string; kind: string }[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { json } = await ask(`${gateway.url}/audit/events?user=${user}&limit=500${from}`, {
      key: gateway.keys.admin,
    });
    entries.push(...(json["events"] as typeof entries));
    cursor = json["nextCursor"] as string | null;
  }
  return entries;
}

interface Fact {
  at: number;
  seq: number;
  fact: UserFact;
}

/** A user's whole stream: its raw events, put together from those of every entry. */
async function streamOf(gateway: TestGateway, user: string): Promise<Fact[]> {
  const sealed = new Map<number, SealedEvent>();
  const todo = (await readAll(gateway, user)).map(({ id }) => id);
  const lane = async (): Promise<void> => {
    for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
      const { json } = await ask(`${gateway.url}/audit/events/${id}/raw`, {
        key: gateway.keys.admin,
      });
      for (const event of (json["events"] ?? []) as SealedEvent[]) sealed.set(event.seq, event);
    }
  };
  await Promise.all([lane(), lane(), lane(), lane(), lane(), lane()]);
  const events = [...sealed.values()].toSorted((a, b) => a.seq - b.seq);
  // Gapless and unaltered from the first event on, or it is not the whole stream.
  expect(chainFault(EMPTY_HEAD, events)).toBeUndefined();
  return events.map((event) => {
    const { at, seq, type, v, data } = unseal(event);
    return { at, seq, fact: { type, v, data } as UserFact };
  });
}

/** The most that settled and held spend together ever was, at any prefix of the stream. */
function highWater(facts: readonly Fact[]): number {
  const holds = new Map<string, number>();
  let settled = 0;
  let held = 0;
  let most = 0;
  const end = (id: string, costNanos: number): void => {
    held -= holds.get(id) ?? 0;
    holds.delete(id);
    settled += costNanos;
  };
  for (const { fact } of facts) {
    if (fact.type === "RequestAdmitted") {
      holds.set(fact.data.requestId, fact.data.bound.costNanos);
      held += fact.data.bound.costNanos;
    } else if (fact.type === "RequestSettled") end(fact.data.requestId, fact.data.costNanos);
    else if (fact.type === "HoldExpired") end(fact.data.requestId, fact.data.chargedNanos);
    else if (fact.type === "RequestReleased") end(fact.data.requestId, 0);
    else if (fact.type === "ExpiryCorrected") settled -= fact.data.refundNanos;
    most = Math.max(most, settled + held);
  }
  return most;
}

/** The most admissions in any window, over every window that starts with one. */
function fullestWindow(facts: readonly Fact[]): number {
  const times = facts.filter(({ fact }) => fact.type === "RequestAdmitted").map(({ at }) => at);
  return Math.max(
    0,
    ...times.map((start) => times.filter((t) => t >= start && t < start + rate.windowMs).length),
  );
}

it("killed again and again under load, nothing passes a limit and every answer is booked once", async () => {
  const port = await claimPort();
  const policy = scriptedPolicy(upstream.url, {
    budgets: [{ name: "month", limitUsd: budgetUsd, period: "month" }],
    limits: [{ name: "burst", metric: "requests", ...rate }],
    accounting: { holdMs: 10_000 },
  });
  const random = randomFrom(seed);
  upstream.script = async (seen, response) => {
    await wait(random() * 40);
    if (!response.destroyed) await plain(seen, response);
  };
  for (let round = 0; round < rounds; round += 1) {
    const gateway = await startGateway({ state, port, policy });
    const calls = Array.from({ length: callersPerRound }, async (_, index) => {
      await wait(random() * 900);
      await call(gateway, gateway.keys[users[index % users.length] ?? "alice"], index % 2 === 0);
    });
    const calling = { over: false };
    const all = Promise.all(calls).then(() => {
      calling.over = true;
    });
    await wait(400 + random() * 600);
    // A slow machine answers late: without an answer there is nothing to lose.
    while (!calling.over && acknowledged.length <= 20) await wait(5);
    await gateway.kill();
    await all;
  }
  const reached = upstream.seen.length;
  upstream.script = plain;
  const gateway = await startGateway({ state, port, policy });
  try {
    const open = async (): Promise<number> => {
      const entries = await Promise.all(users.map((user) => readAll(gateway, user)));
      const all = entries.flat() as unknown as { kind: string; outcome: string }[];
      const admitted = all.filter(({ outcome }) => outcome === "admitted").length;
      const ended = all.filter(({ kind, outcome }) => kind === "request" && outcome !== "refused");
      return admitted + Math.max(reached - ended.length, 0);
    };
    await expect.poll(open, { timeout: 60_000, interval: 500 }).toBe(0);
    let spent = 0;
    let expired = 0;
    let chargedNanos = 0;
    const settled = new Map<string, number>();
    for (const user of users) {
      const facts = await streamOf(gateway, user);
      expect(highWater(facts), user).toBeLessThanOrEqual(budgetUsd * 1e9);
      expect(fullestWindow(facts), user).toBeLessThanOrEqual(rate.limit);
      let own = 0;
      for (const { fact } of facts) {
        if (fact.type === "RequestSettled") {
          settled.set(fact.data.requestId, (settled.get(fact.data.requestId) ?? 0) + 1);
          own += fact.data.costNanos;
        }
        if (fact.type === "HoldExpired") {
          own += fact.data.chargedNanos;
          chargedNanos += fact.data.chargedNanos;
          expired += 1;
        }
        expect(fact.type).not.toBe("SettlementOrphaned");
      }
      const { json } = await ask(`${gateway.url}/costs?by=user&user=${user}`, {
        key: gateway.keys.admin,
      });
      expect((json["total"] as { costNanos: number }).costNanos, user).toBe(own);
      spent += own;
    }
    expect([...settled.values()].every((times) => times === 1)).toBe(true);
    // A settlement that the kill overtook is an expired hold: the answer is booked all the same.
    const lost = acknowledged.filter((id) => !settled.has(id));
    expect(lost.length).toBeLessThanOrEqual(expired);
    // The provider's journal is the oracle: above it by the expired holds and by nothing else.
    expect(spent - chargedNanos).toBe(settled.size * plainCostNanos);
    expect(settled.size).toBeLessThanOrEqual(reached);
    expect(settled.size + expired).toBeGreaterThanOrEqual(reached);
    expect(spent).toBeGreaterThanOrEqual(reached * plainCostNanos);
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect([...refusedWith.keys()].filter((status) => status !== 402 && status !== 429)).toEqual(
      [],
    );
    expect(refusedWith.get(402) ?? 0).toBeGreaterThan(0);
    console.log(
      `storm: ${reached} reached, ${acknowledged.length} answered, ${settled.size} settled, ${expired} expired, ${lost.length} of the answered expired`,
    );
  } finally {
    await gateway.stop();
  }
}, 240_000);
