/** The plan to go back in time, over the platform's own calls in the only place where we have them. */
import { expect, test, vi } from "vitest";
import { PointInTime, type TravelHost } from "#actors/kit/point-in-time.ts";

const point = { at: 1_795_240_000_000 };

function travel(over: Partial<TravelHost> & { fails?: Error } = {}) {
  const aborts: string[] = [];
  const went: string[] = [];
  const storage = {
    getBookmarkForTime: (at: number) => Promise.resolve(`bookmark-of-${at}`),
    onNextSessionRestoreBookmark: (bookmark: string) => {
      if (over.fails !== undefined) return Promise.reject(over.fails);
      went.push(bookmark);
      return Promise.resolve("bookmark-of-now");
    },
  };
  const time = new PointInTime({
    storage,
    seq: () => 7,
    collected: () => Promise.resolve(true),
    abort: (reason) => aborts.push(reason),
    ...over,
  });
  return { time, aborts, went };
}

test("a plan names the bookmark of the time and that of now, and nothing is decided from then on", async () => {
  const { time, aborts, went } = travel();
  const planned = time.plan({ point, loseUncollected: false });
  expect(time.isLeaving).toBe(true);
  expect(await planned).toEqual({
    ok: true,
    bookmark: "bookmark-of-1795240000000",
    undo: "bookmark-of-now",
    seq: 7,
  });
  expect(time.isLeaving).toBe(true);
  expect(went).toEqual(["bookmark-of-1795240000000"]);
  expect(aborts).toEqual([]);
  time.restart();
  expect(aborts).toHaveLength(1);
});

test("an actor whose caller died restarts by itself", async () => {
  vi.useFakeTimers();
  try {
    const { time, aborts } = travel();
    await time.plan({ point: { bookmark: "b-1" }, loseUncollected: false });
    vi.advanceTimersByTime(60_000);
    expect(aborts).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});

test("events that the ledger lacks keep it where it is, until somebody says that they may be lost", async () => {
  const { time, went, aborts } = travel({ collected: () => Promise.resolve(false) });
  const plan = await time.plan({ point, loseUncollected: false });
  expect(plan).toMatchObject({ ok: false, code: "actor_unavailable" });
  expect(time.isLeaving).toBe(false);
  time.restart();
  expect([...went, ...aborts]).toEqual([]);
  expect(await time.plan({ point, loseUncollected: true })).toMatchObject({ ok: true });
});

test.each([
  [
    "This Durable Object's storage back-end does not implement point-in-time recovery.",
    "restore_unavailable",
  ],
  ["bookmark is in the future", "invalid_request"],
])("what the platform refuses (%s) is %s, and the actor goes on", async (text, code) => {
  const { time } = travel({ fails: new Error(text) });
  const plan = await time.plan({ point, loseUncollected: false });
  expect(plan).toMatchObject({ ok: false, code });
  expect(JSON.stringify(plan)).not.toContain(text);
  expect(time.isLeaving).toBe(false);
});
