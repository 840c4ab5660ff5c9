/** A hedge: the faster answers, the slower is ended, and nobody is asked without need. */
import { expect, it } from "vitest";
import { hedge, type Running } from "#edge/pipeline/hedge.ts";

interface Fake extends Running<string> {
  name: string;
  stopped: boolean;
  end(result: string): void;
}

function fake(name: string): Fake {
  const { promise, resolve } = Promise.withResolvers<string>();
  const call: Fake = { name, stopped: false, result: promise, stop: () => {}, end: resolve };
  call.stop = () => (call.stopped = true);
  return call;
}

const isGood = (result: string): boolean => result === "good";
const never = new Promise<boolean>(() => {});

it("a first that answers in time is the answer, and nobody else is asked", async () => {
  const first = fake("first");
  first.end("good");
  const ended = await hedge(first, () => expect.fail("asked"), never, isGood);
  expect(ended).toMatchObject({ winner: { result: "good" } });
  expect(ended.other).toBeUndefined();
});

it("a first that fails in time is told at once: the next is asked in the ordinary way", async () => {
  const first = fake("first");
  first.end("bad");
  const ended = await hedge(first, () => expect.fail("asked"), never, isGood);
  expect(ended.winner.result).toBe("bad");
});

it.each([0, 1])(
  "of two under way the first good one wins and the other is ended (%i)",
  async (at) => {
    const calls = [fake("first"), fake("second")] as const;
    const running = hedge(calls[0], () => calls[1], Promise.resolve(true), isGood);
    calls[at as 0 | 1].end("good");
    const { winner, other } = await running;
    expect(winner.call).toBe(calls[at as 0 | 1]);
    expect(other).toEqual({ call: calls[(1 - at) as 0 | 1] });
    expect(calls.map(({ stopped }) => stopped)).toEqual([at === 1, at === 0]);
  },
);

it("one that fails waits for the other; when both fail both are told", async () => {
  for (const last of ["good", "bad"]) {
    const calls = [fake("first"), fake("second")] as const;
    const running = hedge(calls[0], () => calls[1], Promise.resolve(true), isGood);
    calls[0].end("bad");
    calls[1].end(last);
    const { winner, other } = await running;
    expect(winner).toMatchObject({ call: { name: "second" }, result: last });
    expect(other).toMatchObject({ call: { name: "first", stopped: false }, result: "bad" });
  }
});

it("a caller that leaves while the first is silent has nobody else asked", async () => {
  const first = fake("first");
  const running = hedge(first, () => expect.fail("asked"), Promise.resolve(false), isGood);
  first.end("bad");
  expect((await running).winner.result).toBe("bad");
});
