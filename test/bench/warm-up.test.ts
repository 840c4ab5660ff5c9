/** When a target is warm: once it gets no cheaper, and never before it was asked enough. */
import { expect, test } from "vitest";
import type { LoadGenerator } from "../../bench/load.ts";
import { isSettled, printWarmUp, warmUp } from "../../bench/warm-up.ts";

const target = { name: "bare", port: 1, path: "/", callers: [{}], pid: undefined };

/** A generator whose slices cost these microseconds a request, the last one ever after. */
function generating(costs: readonly number[], count: number, wrong?: string) {
  const asked: number[] = [];
  const load: LoadGenerator["load"] = async ({ connections }) => {
    const cost = costs[asked.length] ?? costs.at(-1) ?? 0;
    asked.push(connections);
    return { count, rps: 1e6 / cost, p50Us: cost, ...(wrong === undefined ? {} : { wrong }) };
  };
  return { asked, generator: { load } as LoadGenerator };
}

test.each([
  [[], false],
  [[100, 100], false],
  [[100, 100, 100], true],
  [[100, 96, 97], true],
  [[100, 94, 97], false],
  [[100, 97, 94], false],
  [[200, 150, 110, 100, 99, 98], true],
  [[100, 120, 130], true],
])("slices of %j: settled is %j", (costs, settled) => {
  expect(isSettled(costs)).toBe(settled);
});

test("a target is asked at the rounds' concurrency until it gets no cheaper", async () => {
  const { asked, generator } = generating([400, 200, 100, 100, 101], 1_000);
  expect(await warmUp(target, generator, 16)).toEqual({
    name: "bare",
    requests: 5_000,
    firstUs: 400,
    bestUs: 100,
    isSettled: true,
  });
  expect(asked).toEqual([16, 16, 16, 16, 16]);
});

test("a steady target is asked 2,000 times all the same", async () => {
  const { asked, generator } = generating([100], 300);
  expect((await warmUp(target, generator, 16)).requests).toBe(2_100);
  expect(asked).toHaveLength(7);
});

test("one that never settles, or is slow, is asked for sixteen slices, and the report says so", async () => {
  const falling = generating(
    Array.from({ length: 17 }, (_, n) => 1_000 * 0.9 ** n),
    1_000,
  );
  const warmed = await warmUp(target, falling.generator, 16);
  expect(warmed).toMatchObject({ requests: 16_000, isSettled: false });
  const slow = generating([5_000], 10);
  const steady = await warmUp({ ...target, name: "slow" }, slow.generator, 16);
  expect(steady).toMatchObject({ requests: 160, isSettled: true });
  expect(printWarmUp([warmed, steady])).toBe(
    "warmed before the rounds: bare 16000 requests, 1000 to 206 us, still falling; slow 160 requests, 5000 to 5000 us",
  );
});

test("a wrong answer ends it, and is told", async () => {
  const { asked, generator } = generating([100], 1, "HTTP/1.1 500");
  expect((await warmUp(target, generator, 16)).wrong).toBe("HTTP/1.1 500");
  expect(asked).toHaveLength(1);
});
