/** Nothing is lost on the way out: outages, refusals, slowness, repeats and crashes of a sink. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { sinkDelayMs, sinkRefreshMs } from "#actors/ledger/limits.ts";
import { CourierBench } from "../../../support/courier.ts";
import { answer, startScriptedSink, type ScriptedSink } from "../../../support/scripted-sink.ts";
import { MORNING, SampleStream } from "../../../support/sample-events.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let sink: ScriptedSink;
let stream: SampleStream;

beforeEach(async () => {
  sink = await startScriptedSink();
  stream = new SampleStream();
});
afterEach(() => sink.stop());

const ndjson = (more: object = {}) => ({
  kind: "ndjson",
  name: "siem",
  url: `${sink.url}/in`,
  secret: "SINK_KEY",
  ...more,
});

/** The ids in bodies of lines, as they came. */
const idsIn = (bodies: readonly string[]): string[] =>
  bodies.flatMap((body) =>
    body
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => (JSON.parse(line) as { id: string }).id),
  );

function live(bench: CourierBench, requests: number, at = bench.now): void {
  for (let n = 0; n < requests; n += 1) stream.request(bench.events.length + n, at);
  bench.events.splice(0, bench.events.length, ...stream.events);
}

const idsOf = (bench: CourierBench): string[] => bench.events.map(({ seq }) => `u_alice/1/${seq}`);

it("events arrive in order, each once, while all is well", async () => {
  const bench = new CourierBench([ndjson()]);
  live(bench, 700);
  await bench.runUntil(bench.now + 1_000);
  expect(idsIn(sink.seen.map(({ body }) => body))).toEqual(idsOf(bench));
  expect(sink.seen.length).toBe(3);
  expect(bench.courier.pending).toBe(false);
});

it("sinks are looked for soon after the first events, then soon only where there are some", async () => {
  const bench = new CourierBench([ndjson()]);
  const none = new CourierBench([]);
  for (const each of [bench, none]) {
    expect(each.courier.delayMs).toBe(sinkDelayMs);
    live(each, 1);
    await each.runUntil(each.now + 1_000);
  }
  expect(bench.courier.delayMs).toBe(sinkDelayMs);
  expect(none.courier.delayMs).toBe(sinkRefreshMs);
});

it("a sink that is down for a day misses nothing and is not stormed", async () => {
  const bench = new CourierBench([ndjson()]);
  sink.script = answer(503);
  const end = MORNING + DAY;
  while (bench.now < end) {
    live(bench, 2);
    await bench.runUntil(bench.now + 10 * 60_000);
  }
  // Ten tries on the way up to ten minutes, then one every ten minutes or so.
  expect(sink.seen.length).toBeLessThan(180);
  expect(bench.store.lane("siem")?.trouble).toBe("it answered 503");
  const tried = sink.seen.length;
  sink.script = answer(200);
  await bench.runUntil(bench.now + HOUR);
  expect(idsIn(sink.seen.slice(tried).map(({ body }) => body))).toEqual(idsOf(bench));
  expect(bench.store.lane("siem")?.trouble).toBeNull();
  expect(bench.store.deadCount("siem")).toBe(0);
});

const others = [
  { kind: "splunk" },
  { kind: "datadog" },
  { kind: "s3", accessKeyId: "AKID" },
  { kind: "otlp" },
  { kind: "webhook", events: ["requests"] },
] as const;

/** What bodies tell: events by their ids, spans by theirs. */
const toldIn = (bodies: readonly string[]): string[] =>
  bodies.flatMap((body) => body.match(/u_alice\/1\/\d+|"spanId":"\w+"/g) ?? []);

it.each(others)("a day's outage of $kind loses nothing either", async (config) => {
  const one = ndjson({ name: "out", ...config });
  const bench = new CourierBench([one]);
  sink.script = answer(503);
  while (bench.now < MORNING + DAY) {
    live(bench, 2);
    await bench.runUntil(bench.now + 2 * HOUR);
  }
  const tried = sink.seen.length;
  sink.script = answer(200);
  await bench.runUntil(bench.now + HOUR);
  expect(bench.courier.pending).toBe(false);
  for (const lane of bench.store.lanes()) {
    expect(lane).toMatchObject({ pos: bench.events.length, trouble: null });
    expect(bench.store.deadCount(lane.lane)).toBe(0);
  }
  const came = new Set(toldIn(sink.seen.slice(tried).map(({ body }) => body)));
  const after = sink.seen.length;
  // The same events to one that was never down.
  const undisturbed = new CourierBench([one]);
  undisturbed.events.push(...bench.events);
  undisturbed.now = bench.now;
  await undisturbed.runUntil(bench.now + HOUR);
  const should = new Set(toldIn(sink.seen.slice(after).map(({ body }) => body)));
  expect(should.size).toBeGreaterThanOrEqual(24);
  expect(came).toEqual(should);
});

it("a batch whose answer was lost comes again under the same id, with the same bytes", async () => {
  const bench = new CourierBench([ndjson()]);
  live(bench, 3);
  sink.script = (_delivery, response) => response.socket?.destroy();
  await bench.run();
  sink.script = answer(200);
  await bench.runUntil(bench.now + 60_000);
  const [first, second] = sink.seen;
  expect(sink.seen.length).toBe(2);
  expect(second?.body).toBe(first?.body);
  expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
});

it("a crash between the sending and the cursor sends again and loses nothing", async () => {
  const bench = new CourierBench([ndjson()]);
  live(bench, 2);
  let died: (() => void) | undefined;
  const dead = new Promise<void>((resolve) => (died = resolve));
  sink.script = (_delivery, _response) => died?.();
  void bench.run();
  await dead;
  // The actor dies here: what it wrote stays, what it waited for is gone.
  bench.restart();
  sink.script = answer(200);
  await bench.runUntil(bench.now + 60_000);
  expect(idsIn([sink.seen.at(-1)?.body ?? ""])).toEqual(idsOf(bench));
});

it("one event that is refused becomes a dead letter, the others arrive, and it can be sent again", async () => {
  const bench = new CourierBench([ndjson()]);
  live(bench, 300);
  const poison = `"id":"u_alice/1/251"`;
  const taken: string[] = [];
  sink.script = ({ body }, response) => {
    const status = body.includes(poison) ? 400 : 200;
    if (status === 200) taken.push(body);
    answer(status)({} as never, response);
  };
  await bench.runUntil(bench.now + HOUR);
  expect(new Set(idsIn(taken))).toEqual(
    new Set(idsOf(bench).filter((id) => id !== "u_alice/1/251")),
  );
  expect(bench.store.deadLetters("siem", 10)).toEqual([
    { lane: "siem", pos: 250, at: expect.any(Number), status: 400, again: false },
  ]);
  expect(bench.store.markAgain("siem")).toBe(1);
  await bench.runUntil(bench.now + HOUR);
  expect(bench.store.deadCount("siem")).toBe(1);
  expect(bench.store.markAgain("siem")).toBe(1);
  sink.script = answer(200);
  await bench.runUntil(bench.now + HOUR);
  expect(bench.store.deadCount("siem")).toBe(0);
  expect(sink.seen.at(-1)?.body).toContain(poison);
});

it.each([401, 403, 404, 302, 408, 500, 502])(
  "an answer of %i is the sink's trouble, not the event's: it stays and comes again",
  async (status) => {
    const bench = new CourierBench([ndjson()]);
    live(bench, 1);
    sink.script = answer(status, status === 302 ? { location: `${sink.url}/else` } : {});
    await bench.runUntil(bench.now + 5_000);
    expect(bench.store.deadCount("siem")).toBe(0);
    expect(bench.store.lane("siem")).toMatchObject({ pos: 0, trouble: `it answered ${status}` });
    expect(sink.seen.every(({ path }) => path === "/in")).toBe(true);
    sink.script = answer(204);
    await bench.runUntil(bench.now + HOUR);
    expect(bench.store.lane("siem")).toMatchObject({ pos: 2, failures: 0 });
  },
);

it("a sink that says when to come again is left alone until then", async () => {
  const bench = new CourierBench([ndjson()]);
  live(bench, 1);
  sink.script = answer(429, { "retry-after": "120" });
  expect(await bench.run()).toBe(bench.now + 120_000);
  bench.now += 119_999;
  await bench.run();
  expect(sink.seen.length).toBe(1);
});

const impatient: typeof fetch = (url, init) =>
  fetch(url, { ...init, signal: AbortSignal.timeout(200) });

it("a slow sink holds up nobody else", async () => {
  const bench = new CourierBench([ndjson(), ndjson({ name: "slow", url: `${sink.url}/slow` })], {
    fetcher: impatient,
  });
  live(bench, 2);
  sink.script = ({ path }, response) => {
    if (path === "/in") answer(200)({} as never, response);
  };
  await bench.run();
  expect(bench.store.lane("siem")).toMatchObject({ pos: 4, failures: 0 });
  expect(bench.store.lane("slow")).toMatchObject({ pos: 0, failures: 1 });
  expect(bench.store.lane("slow")?.trouble).toMatch(/no answer/);
});

it("a sink without its secret, or at an address that is never called, waits and is not asked", async () => {
  const bench = new CourierBench([
    ndjson({ name: "secretless", secret: "NOT_SET" }),
    ndjson({ name: "metadata", url: "http://169.254.169.254/latest" }),
  ]);
  live(bench, 1);
  await bench.runUntil(bench.now + 10_000);
  expect(sink.seen).toEqual([]);
  expect(bench.store.lane("secretless")?.trouble).toBe("the secret NOT_SET is not set");
  expect(bench.store.lane("metadata")?.trouble).toContain("never called");
  bench.secrets["NOT_SET"] = "now it is";
  await bench.runUntil(bench.now + HOUR);
  expect(bench.store.lane("secretless")?.pos).toBe(2);
});

it("only https leaves a deployment that allows nothing private", async () => {
  const bench = new CourierBench([ndjson({ url: "http://siem.example/in" })], {
    allowPrivate: false,
    fetcher: () => Promise.reject(new Error("nobody may ask")),
  });
  live(bench, 1);
  await bench.run();
  expect(bench.store.lane("siem")?.trouble).toContain("https");
});

it("a sink that is new gets what came since the shard last looked; one that goes is forgotten", async () => {
  const bench = new CourierBench([]);
  live(bench, 2);
  await bench.run();
  live(bench, 1);
  bench.set([ndjson()]);
  // The actor slept between the events and the look, as it does when it is quiet.
  bench.restart();
  await bench.runUntil(bench.now + 61_000);
  await bench.runUntil(bench.now + 1_000);
  expect(idsIn(sink.seen.map(({ body }) => body))).toEqual(idsOf(bench).slice(4));
  bench.set([]);
  bench.now += 61_000;
  await bench.run();
  expect(bench.store.lanes()).toEqual([]);
});

it("a sink gets the topics that it asked for, and its cursor passes the others", async () => {
  const bench = new CourierBench([ndjson({ events: ["policy"] })]);
  live(bench, 600);
  await bench.runUntil(bench.now + 10_000);
  expect(sink.seen).toEqual([]);
  expect(bench.store.lane("siem")?.pos).toBe(1_200);
});

it("an unreachable policy keeps the sinks that were known", async () => {
  let reachable = true;
  const bench = new CourierBench([], {
    policy: () =>
      reachable
        ? Promise.resolve({ organisation: "acme", sinks: bench.sinks })
        : Promise.reject(new Error("down")),
  });
  bench.set([ndjson()]);
  await bench.run();
  reachable = false;
  bench.now += 120_000;
  live(bench, 1);
  await bench.run();
  expect(idsIn(sink.seen.map(({ body }) => body))).toEqual(idsOf(bench));
});
