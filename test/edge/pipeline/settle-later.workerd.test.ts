/** Settlements on their way: none is lost, none goes twice, neighbours share a call. */
import { expect, test, vi } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import type { SettleCommand } from "#actors/user/commands.ts";
import { settleDelayMs, settlementsMax, settleWatchMsMax } from "../../../src/edge/limits.ts";
import { deliver, settleLater, takeSettlements } from "../../../src/edge/pipeline/settle-later.ts";
import { settlementOf } from "../../actors/user/fixtures.ts";

/** Actors that note each call as the request ids it carried. */
function noting(): { env: Env; calls: string[][] } {
  const calls: string[][] = [];
  const settle = async (all: readonly SettleCommand[]): Promise<void> => {
    calls.push(all.map(({ settlement }) => settlement.requestId));
  };
  return { env: { USERS: { getByName: () => ({ settle }) } } as unknown as Env, calls };
}

const gone = (): Promise<void> => Promise.reject(new Error("gone"));

const command = (stream: string, requestId: string): SettleCommand => ({
  home: { organisation: "acme", stream, ledger: "acme-0" },
  at: 0,
  settlement: settlementOf(requestId, 1),
});

test("settlements of one principal that nobody takes go together, those of others apart", async () => {
  const { env, calls } = noting();
  const commands = [command("one", "a"), command("one", "b"), command("two", "c")];
  await Promise.all(commands.map((each) => settleLater(env, each)));
  expect(calls.toSorted((a, b) => b.length - a.length)).toEqual([["a", "b"], ["c"]]);
});

test("what an admission has taken is not sent again; what came after it is", async () => {
  const { env, calls } = noting();
  const first = settleLater(env, command("three", "a"));
  expect(takeSettlements("three").map(({ settlement }) => settlement.requestId)).toEqual(["a"]);
  expect(takeSettlements("three")).toEqual([]);
  const second = settleLater(env, command("three", "b"));
  await Promise.all([first, second]);
  expect(calls).toEqual([["b"]]);
});

test("who settles while another sees to it has nothing to wait for", async () => {
  const { env, calls } = noting();
  const first = settleLater(env, command("watched", "a"));
  await settleLater(env, command("watched", "b"));
  expect(calls).toEqual([]);
  expect(takeSettlements("watched")).toHaveLength(2);
  await settleLater(env, command("watched", "c"));
  await first;
  expect(calls).toEqual([["c"]]);
});

test("whose request is cut off while it sees to others is replaced by the next who settles", async () => {
  const { env, calls } = noting();
  const wait = vi.spyOn(scheduler, "wait").mockReturnValueOnce(new Promise(() => {}));
  void settleLater(env, command("cut-off", "a"));
  await scheduler.wait(3 * settleDelayMs);
  await settleLater(env, command("cut-off", "b"));
  expect(calls).toEqual([["a", "b"]]);
  wait.mockRestore();
});

test("one request sees to those after it for a bounded time, and then another does", async () => {
  const { env, calls } = noting();
  const begun = Date.now();
  let now = begun;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now);
  let settled = 0;
  // Each wait ends with an admission that takes what waits, and a request that settles after it.
  const wait = vi.spyOn(scheduler, "wait").mockImplementation(async (ms) => {
    now += ms;
    takeSettlements("busy");
    settled += 1;
    if (settled < 10_000) await settleLater(env, command("busy", `r${settled}`));
  });
  await settleLater(env, command("busy", "r0"));
  expect(now - begun).toBeGreaterThanOrEqual(settleWatchMsMax);
  expect(now - begun).toBeLessThanOrEqual(settleWatchMsMax + settleDelayMs);
  expect(calls).toEqual([[`r${settled}`]]);
  // The next who settles waits again: nobody is left without.
  await settleLater(env, command("busy", "next"));
  expect(now - begun).toBeGreaterThan(settleWatchMsMax + settleDelayMs);
  clock.mockRestore();
  wait.mockRestore();
});

test("as many as fit in one call do not wait", async () => {
  const { env, calls } = noting();
  const ids = Array.from({ length: settlementsMax }, (_, index) => `r${index}`);
  const all = ids.map((id) => settleLater(env, command("four", id)));
  await all.at(-1);
  expect(calls).toEqual([ids]);
  await Promise.all(all);
  expect(calls).toHaveLength(1);
});

test("an actor that fails fails nobody: the hold's expiry is the net", async () => {
  const env = { USERS: { getByName: () => ({ settle: gone }) } } as unknown as Env;
  await expect(settleLater(env, command("five", "a"))).resolves.toBeUndefined();
});

test("what an admission carries goes once more where the admission fails, and only there", async () => {
  const { env, calls } = noting();
  await deliver(env, [command("six", "a"), command("six", "b")], Promise.resolve("admitted"));
  expect(calls).toEqual([]);
  await deliver(env, [command("six", "a"), command("six", "b")], gone());
  expect(calls).toEqual([["a", "b"]]);
});

test("who waits for the delivery waits for the admission", async () => {
  const { env } = noting();
  const { promise, resolve } = Promise.withResolvers<void>();
  let delivered = false;
  const done = deliver(env, [command("seven", "a")], promise).then(() => {
    delivered = true;
  });
  await scheduler.wait(1);
  expect(delivered).toBe(false);
  resolve();
  await done;
  expect(delivered).toBe(true);
});
