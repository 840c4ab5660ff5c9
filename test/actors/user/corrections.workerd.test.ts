/** A price correction in the actor itself: found in its own stream, written once an order. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Home, PriceOrder } from "#actors/user/commands.ts";
import type { UserActor } from "#actors/user/user-actor.ts";
import { requestOf, settlementOf } from "./fixtures.ts";

const { USERS: users } = env as unknown as { USERS: DurableObjectNamespace<UserActor> };

const usage = { inputTokens: 1_000, outputTokens: 0 };
const attempt = { provider: "openai", model: "m", status: 200, latencyMs: 1, usage };

const order = (n: number, nanosPerMtok: number): PriceOrder => ({
  order: n,
  model: "m",
  from: 0,
  to: Date.now() + 60_000,
  price: { inputNanosPerMtok: nanosPerMtok, outputNanosPerMtok: 0 },
});

test("an order corrects each settled call once, however often it comes, and later ones go on from it", async () => {
  const stream = `corrected-${Date.now()}`;
  const home: Home = { organisation: "acme", stream, ledger: "acme-0" };
  const stub = users.getByName(stream);
  const deadlineAt = Date.now() + 600_000;
  for (const id of ["a", "b", "open"]) {
    await stub.admit({ home, at: Date.now(), request: requestOf(id, { deadlineAt }) });
  }
  for (const id of ["a", "b"]) {
    const settlement = { ...settlementOf(id, 50), attempts: [{ ...attempt, costNanos: 50 }] };
    await stub.settle([{ home, at: Date.now(), settlement }]);
  }
  // A dry run says what would come of it, as often as it is asked.
  const dry = { order: order(4, 70_000), dry: true } as const;
  const told = { done: true, requests: 2, oldNanos: 100, newNanos: 140 };
  expect([await stub.correctCosts(dry), await stub.correctCosts(dry)]).toEqual([told, told]);
  const first = { done: true, requests: 2, oldNanos: 100, newNanos: 140 };
  expect(await stub.correctCosts({ order: order(4, 70_000) })).toEqual(first);
  expect(await stub.correctCosts({ order: order(4, 70_000) })).toEqual(first);
  const second = { done: true, requests: 2, oldNanos: 140, newNanos: 60 };
  expect(await stub.correctCosts({ order: order(9, 30_000) })).toEqual(second);
  // The first order comes late: what is newer stays.
  const late = { done: true, requests: 0, oldNanos: 0, newNanos: 0 };
  expect(await stub.correctCosts({ order: order(4, 70_000) })).toEqual(late);
  const nobody = users.getByName(`nobody-${Date.now()}`);
  expect(await nobody.correctCosts({ order: order(9, 30_000) })).toEqual(late);
});
