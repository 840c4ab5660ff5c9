/** Views that were published before sums had keys, routes, tags and fine latencies. */
import { expect, test } from "vitest";
import { unseal } from "#events/envelope.ts";
import { Sums } from "#projections/verify/sums.ts";
import {
  admitted,
  MORNING,
  requestId,
  SampleStream,
  settled,
} from "../../support/sample-events.ts";

const hour = MORNING / 3_600_000;
const about = { hour, model: "gpt-5-mini", provider: "openai", user: "alice", team: "red" };
const tokens = { inputTokens: 80, outputTokens: 40, cachedTokens: 16 };
const buckets = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];
const none = { failed: 0, aborted: 0, blocked: 0, cut: 0, refused: 0, released: 0, expired: 0 };
const published = {
  position: 4,
  cost: [{ ...about, requests: 2, costNanos: 1_400, ...tokens }],
  usage: [
    {
      ...about,
      requests: 2,
      completed: 2,
      ...none,
      cacheHits: 0,
      ...tokens,
      latencyMsSum: 251,
      ...Object.fromEntries(buckets.map((bound) => [`latencyLe${bound}`, 0])),
      latencyLe250: 1,
      latencyLe500: 1,
      latencyBeyond: 0,
    },
  ],
};

function sums(): Sums {
  const stream = new SampleStream();
  for (const [n, keyId] of ["k1", "k2"].entries()) {
    const id = requestId(MORNING, n);
    stream.append(admitted({ requestId: id, keyId }));
    stream.append(settled({ requestId: id, latencyMs: n === 0 ? 0 : 251 }));
  }
  const sums = new Sums();
  for (const sealed of stream.events) sums.apply(unseal(sealed));
  return sums;
}

test("are compared with what the events give in their form", () => {
  const [usage] = published.usage;
  const right = { ...usage, latencyLe10: 1, latencyLe250: 0 };
  expect(sums().difference({ ...published, usage: [right] })).toBeUndefined();
});

test("differ when any sum of theirs does", () => {
  expect(sums().difference(published)).toBe("row 1 of usage is not what the events give");
  expect(sums().difference({ ...published, cost: [] })).toBe("cost has 0 rows, the fold 1");
  expect(sums().difference({ position: 4 })).toBe("it has no cost");
});
