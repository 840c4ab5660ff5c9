/** What lies over a gateway: each layer alone, and all of them in a pile. */
import { describe, expect, expectTypeOf, it } from "vitest";
import { createModelAllowlist } from "../../client/src/allowlist.ts";
import {
  createCostTracker,
  createRouter,
  GatewayError,
  withCache,
  withLogging,
  withRetry,
  type EventStream,
  type Gateway,
  type LogEntry,
  type RunResult,
  type StreamEvent,
} from "../../client/src/client.ts";

const usage = { inputTokens: 10, outputTokens: 5 };
const result: RunResult = {
  text: "hi",
  toolCalls: [],
  finish: "stop",
  usage,
  model: "gpt-4o-mini",
  provider: "fake",
};
const busy = new GatewayError("rate_limited", "busy", { retryable: true, retryAfterMs: 70 });

/** A class with a private field, and a method that no layer knows. */
class Fake implements Gateway {
  #calls = 0;
  readonly failures: unknown[];
  cancelled = false;

  constructor(failures: unknown[] = []) {
    this.failures = failures;
  }
  get calls(): number {
    return this.#calls;
  }
  async run(..._asked: Parameters<Gateway["run"]>): Promise<RunResult> {
    this.#calls += 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    return structuredClone(result);
  }
  stream(..._asked: Parameters<Gateway["stream"]>): EventStream {
    this.#calls += 1;
    const failure = this.failures.shift();
    const events: StreamEvent[] = [
      { type: "text", text: "hi" },
      { type: "done", finish: "stop", usage },
    ];
    return new ReadableStream<StreamEvent>(
      {
        pull: (controller) => {
          if (failure !== undefined) return controller.error(failure);
          const event = events.shift();
          if (event === undefined) controller.close();
          else controller.enqueue(event);
        },
        cancel: () => {
          this.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
  }
  runFallback(...asked: Parameters<Gateway["runFallback"]>): Promise<RunResult> {
    const [entries, ...rest] = asked;
    return this.run(entries[0]?.model ?? "", ...rest);
  }
  providers(): string[] {
    return ["fake"];
  }
  defaultProvider(): string {
    return "fake";
  }
  secretOfItsOwn(): number {
    return this.#calls + 1000;
  }
}

async function collect(stream: EventStream): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of stream as unknown as AsyncIterable<StreamEvent>) events.push(event);
  return events;
}

describe("withRetry", () => {
  it("waits as long as the answer asked, and gives up after its attempts", async () => {
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    const gateway = withRetry(new Fake([busy, busy]), { sleep });
    expect((await gateway.run("m", { prompt: "x" })).text).toBe("hi");
    expect(waits).toEqual([70, 70]);
    const hopeless = withRetry(new Fake([busy, busy, busy]), { sleep });
    await expect(hopeless.run("m", { prompt: "x" })).rejects.toBe(busy);
  });

  it("leaves alone what trying again cannot mend, or not soon", async () => {
    const final = new GatewayError("dlp_blocked", "no");
    const fake = new Fake([final]);
    await expect(withRetry(fake).run("m", { prompt: "x" })).rejects.toBe(final);
    const late = new GatewayError("rate_limited", "later", { retryable: true, retryAfterMs: 9e6 });
    await expect(withRetry(new Fake([late])).run("m", { prompt: "x" })).rejects.toBe(late);
    expect(fake.calls).toBe(1);
  });

  it("tries a stream again before its first event, and passes a cancel on", async () => {
    const fake = new Fake([busy]);
    const gateway = withRetry(fake, { sleep: async () => {} });
    expect(await collect(gateway.stream("m", { prompt: "x" }))).toHaveLength(2);
    expect(fake.calls).toBe(2);
    const reader = gateway.stream("m", { prompt: "x" }).getReader();
    await reader.read();
    await reader.cancel();
    expect(fake.cancelled).toBe(true);
  });

  it("opens nothing any more for a stream that is cancelled, or aborted, while it waits", async () => {
    for (const leave of ["cancel", "abort"] as const) {
      const fake = new Fake([busy]);
      const abort = new AbortController();
      const waiting = Promise.withResolvers<void>();
      // A wait that does not look at its signal: the layer has to.
      const sleep = (): Promise<void> => waiting.promise;
      const stream = withRetry(fake, { sleep }).stream(
        "m",
        { prompt: "x" },
        { signal: abort.signal },
      );
      const reader = stream.getReader();
      const read = reader.read();
      read.catch(() => undefined);
      await expect.poll(() => fake.calls).toBe(1);
      if (leave === "cancel") await reader.cancel();
      else abort.abort();
      waiting.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      const ended = leave === "cancel" ? read : read.catch((error: unknown) => error);
      expect(await ended).toMatchObject(
        leave === "cancel" ? { done: true } : { code: "aborted", retryable: false },
      );
      expect(fake.calls).toBe(1);
    }
  });
});

describe("withCache", () => {
  it("answers the same question once, however it was written, until its time is over", async () => {
    let at = 0;
    const fake = new Fake();
    const gateway = withCache(fake, { ttlMs: 100, now: () => at });
    const first = await gateway.run("m", { prompt: "x", temperature: 0 });
    first.text = "changed by its owner";
    expect((await gateway.run("m", { temperature: 0, prompt: "x" })).text).toBe("hi");
    expect(fake.calls).toBe(1);
    await gateway.run("m", { prompt: "x", temperature: 0 }, { skipCache: true });
    await gateway.run("m", { prompt: "y" });
    expect(fake.calls).toBe(3);
    at = 100;
    await gateway.run("m", { prompt: "x", temperature: 0 });
    expect(fake.calls).toBe(4);
  });

  it("never holds more than it may", async () => {
    const fake = new Fake();
    const gateway = withCache(fake, { maxEntries: 2 });
    for (const prompt of ["a", "b", "a", "c", "a", "b"]) await gateway.run("m", { prompt });
    expect(fake.calls).toBe(4);
  });
});

it("withLogging notes each ending once, and nothing of what was said", async () => {
  const entries: LogEntry[] = [];
  const log = (entry: LogEntry) => {
    entries.push(entry);
    throw new Error("a broken log");
  };
  const gateway = withLogging(new Fake([undefined, busy]), { log, now: () => 5 });
  await gateway.run("m", { prompt: "a secret" });
  await gateway.run("m", { prompt: "a secret" }).catch(() => {});
  await collect(gateway.stream("m", { prompt: "a secret" }));
  await gateway.stream("m", { prompt: "a secret" }).cancel();
  expect(entries).toEqual([
    { method: "run", model: "m", durationMs: 0, outcome: "ok", finish: "stop", usage },
    { method: "run", model: "m", durationMs: 0, outcome: "error", code: "rate_limited" },
    { method: "stream", model: "m", durationMs: 0, outcome: "ok", finish: "stop", usage },
    { method: "stream", model: "m", durationMs: 0, outcome: "cancelled" },
  ]);
  expect(JSON.stringify(entries)).not.toMatch(/secret|hi"/);
});

it("createRouter sends a model where its first route says, renamed where that says so", async () => {
  const [a, b] = [new Fake(), new Fake()];
  const routes = [
    { match: "gpt-*", gateway: a },
    { match: "*-mini", gateway: b, model: "other" },
  ];
  const router = createRouter({ routes });
  await router.run("gpt-4o-mini", { prompt: "x" });
  await collect(router.stream("phi-mini", { prompt: "x" }));
  expect([a.calls, b.calls]).toEqual([1, 1]);
  const lost = router.run("claude", { prompt: "x" });
  await expect(lost).rejects.toMatchObject({ code: "model_not_found" });
  expect(router.providers()).toEqual(["fake"]);
});

describe("createCostTracker", () => {
  const prices = {
    "gpt-*": { inputUsdPerMtok: 0.15, outputUsdPerMtok: 0.6, cachedInputUsdPerMtok: 0.075 },
  };

  it("adds up whole nano-dollars, worked out by hand", () => {
    const tracker = createCostTracker({ prices });
    // 600 at 150 + 400 cached at 75 + 100 out at 600 = 180,000 nanos.
    const spent = { inputTokens: 1000, outputTokens: 100, cachedInputTokens: 400 };
    expect(tracker.record("gpt-4o-mini", spent)).toBe(180_000);
    expect(tracker.record("unknown", usage)).toBeUndefined();
    expect(tracker.report()).toMatchObject({ costNanos: 180_000, costUsd: 0.00018, calls: 2 });
    expect(tracker.report().unpriced).toEqual(["unknown"]);
  });

  it("records runs and streams of the gateway it tracks", async () => {
    const tracker = createCostTracker({ prices });
    const gateway = tracker.track(new Fake());
    await gateway.run("gpt-4o-mini", { prompt: "x" });
    await collect(gateway.stream("gpt-4o-mini", { prompt: "x" }));
    expect(tracker.report()).toMatchObject({ calls: 2, costNanos: 2 * (10 * 150 + 5 * 600) });
    tracker.reset();
    expect(tracker.report().calls).toBe(0);
  });
});

it("createModelAllowlist refuses before anything is sent", async () => {
  const fake = new Fake();
  const gateway = createModelAllowlist(["gpt-4o*"]).guard(fake);
  await gateway.run("gpt-4o-mini", { prompt: "x" });
  const refused = { code: "model_not_allowed" };
  await expect(gateway.run("o3", { prompt: "x" })).rejects.toMatchObject(refused);
  await expect(
    gateway.runFallback([{ model: "gpt-4o" }, { model: "o3" }], { prompt: "x" }),
  ).rejects.toMatchObject(refused);
  expect(() => gateway.stream("o3", { prompt: "x" })).toThrow(GatewayError);
  expect(fake.calls).toBe(1);
});

it("layers pile up, and what lies beneath stays in reach through all of them", async () => {
  const entries: LogEntry[] = [];
  const fake = new Fake([busy]);
  const retried = withRetry(fake, { sleep: async () => {} });
  const gateway = withLogging(withCache(retried), { log: (entry) => void entries.push(entry) });
  await gateway.run("m", { prompt: "x" });
  await gateway.run("m", { prompt: "x" });
  expect(fake.calls).toBe(2);
  expect(entries).toHaveLength(2);
  expect(gateway.secretOfItsOwn()).toBe(1002);
  expect(gateway.providers()).toEqual(["fake"]);
  expectTypeOf(gateway).toEqualTypeOf<Fake>();
});

/** Compiled, never run. */
function misused(gateway: Gateway): void {
  // @ts-expect-error a prompt and messages exclude each other
  void gateway.run("m", { prompt: "x", messages: [] });
  // @ts-expect-error neither is nothing
  void gateway.run("m", { system: "x" });
  // @ts-expect-error no such format
  void gateway.run("m", { prompt: "x", responseFormat: "xml" });
}

it("the types say what may be asked and what comes", () => {
  expectTypeOf<Gateway["run"]>().returns.resolves.toEqualTypeOf<RunResult>();
  expectTypeOf<Gateway["stream"]>().returns.toEqualTypeOf<ReadableStream<StreamEvent>>();
  type Done = Extract<StreamEvent, { type: "done" }>;
  expectTypeOf<Done["finish"]>().toEqualTypeOf<RunResult["finish"]>();
  expect(misused).toBeTypeOf("function");
});
