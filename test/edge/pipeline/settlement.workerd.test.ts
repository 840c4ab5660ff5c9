/** What a request is booked with, however it ends: never under what its provider may bill. */
import { describe, expect, it } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import type { SettleCommand } from "#actors/user/commands.ts";
import type { Admission } from "#edge/pipeline/admit.ts";
import type { Candidate } from "#edge/pipeline/plan.ts";
import { Settlement } from "#edge/pipeline/settlement.ts";
import { sha256Hex } from "#events/sha256.ts";

// A nano a token for input, ten for output: costs can be read off.
const price = { inputNanosPerMtok: 1e6, outputNanosPerMtok: 1e7 };
const candidateOf = (provider: string, maxOutputTokens = 100) =>
  ({ provider, model: `${provider}-model`, price, maxOutputTokens }) as unknown as Candidate;
const [first, second] = [candidateOf("first"), candidateOf("second")];

let count = 0;
function settling(accounting: "strict" | "estimate" = "strict", choices = 1) {
  count += 1;
  const request = { requestId: `request-${count}`, accounting };
  const plan = { policy: {}, request, choices, inputTokens: 40, payloadMode: "off" };
  const home = { stream: `stream-${count}` };
  const settlement = new Settlement({ plan, home, holdNanos: 1_040 } as unknown as Admission);
  const booked: SettleCommand[] = [];
  const settle = async (all: readonly SettleCommand[]) => void booked.push(...all);
  const env = { USERS: { getByName: () => ({ settle }) } } as unknown as Env;
  const book = async (outcome: "completed" | "failed" | "aborted" | "cut", status = 200) => {
    await settlement.book(env, outcome, status, 2_000, 1_000);
    return booked[0]?.settlement;
  };
  return { settlement, booked, book };
}

describe("an answer", () => {
  it("that reports its usage costs that, to the nano", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    settlement.usage = { inputTokens: 7, outputTokens: 9 };
    settlement.addAnswer("some text");
    const usage = { inputTokens: 7, outputTokens: 9 };
    expect(await book("completed")).toMatchObject({
      usage,
      costNanos: 97,
      estimated: false,
      overrunNanos: 0,
      provider: "first",
      servedModel: "first-model",
      latencyMs: 1_000,
      attempts: [{ usage, costNanos: 97 }],
    });
  });

  it("that costs more than was held says by how much", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    settlement.usage = { inputTokens: 50, outputTokens: 100 };
    expect(await book("completed")).toMatchObject({ costNanos: 1_050, overrunNanos: 10 });
  });

  it("that reports nothing is a token a byte and the whole input, in strict accounting", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    settlement.addAnswer("12345é");
    const usage = { inputTokens: 40, outputTokens: 7 };
    expect(await book("completed")).toMatchObject({ usage, costNanos: 110, estimated: true });
  });

  it("that broke after its provider told of its prompt alone costs what came, too", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    settlement.hear(5);
    settlement.usage = { inputTokens: 7, outputTokens: 0 };
    settlement.addAnswer("Hello");
    const usage = { inputTokens: 7, outputTokens: 5 };
    expect(await book("failed")).toMatchObject({ usage, estimated: true });
  });

  it("that is whole and empty has no output", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    const usage = { inputTokens: 40, outputTokens: 0 };
    expect(await book("completed")).toMatchObject({ usage, estimated: true });
  });

  it("that reports zeros has reported nothing", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    settlement.usage = { inputTokens: 0, outputTokens: 0 };
    settlement.addAnswer("1234");
    expect(await book("completed")).toMatchObject({ costNanos: 80, estimated: true });
  });

  it("that reports nothing is four bytes a token in estimates", async () => {
    const { settlement, book } = settling("estimate");
    settlement.candidate = first;
    settlement.addAnswer("123456789");
    const usage = { inputTokens: 10, outputTokens: 3 };
    expect(await book("completed")).toMatchObject({ usage, estimated: true });
  });

  it("is never estimated above what it may be", async () => {
    const { settlement, book } = settling("strict", 2);
    settlement.candidate = first;
    settlement.addAnswer("x".repeat(500));
    expect(await book("completed")).toMatchObject({ usage: { outputTokens: 200 } });
  });

  it("that reports nothing is what came of it, not what of it was passed on", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    settlement.hear(60);
    settlement.addAnswer("[REDACTED]");
    const usage = { inputTokens: 40, outputTokens: 60 };
    expect(await book("aborted", 499)).toMatchObject({ usage, estimated: true });
  });

  it("that was ended early is what was reported, and what came after that", async () => {
    for (const [accounting, outputTokens] of [
      ["strict", 31],
      ["estimate", 9],
    ] as const) {
      const { settlement, book } = settling(accounting);
      settlement.candidate = first;
      settlement.hear(500);
      settlement.usage = { inputTokens: 7, outputTokens: 1 };
      settlement.hear(30);
      const usage = { inputTokens: 7, outputTokens };
      expect(await book("cut")).toMatchObject({ usage, estimated: true });
    }
  });

  it("that was ended early after its provider had told all of it costs that", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    settlement.usage = { inputTokens: 7, outputTokens: 9 };
    settlement.hear(14);
    settlement.isWhole = true;
    const usage = { inputTokens: 7, outputTokens: 9 };
    expect(await book("aborted", 499)).toMatchObject({ usage, estimated: false });
  });

  it("that was ended early is never estimated above what it may be", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    settlement.usage = { inputTokens: 7, outputTokens: 1 };
    settlement.hear(5_000);
    expect(await book("cut")).toMatchObject({ usage: { inputTokens: 7, outputTokens: 100 } });
  });

  it("that failed before a byte of it came may have been written all the same", async () => {
    const strict = settling("strict", 2);
    strict.settlement.candidate = first;
    const usage = { inputTokens: 40, outputTokens: 200 };
    expect(await strict.book("failed", 502)).toMatchObject({ usage, costNanos: 2_040 });
    const estimate = settling("estimate");
    estimate.settlement.candidate = first;
    expect(await estimate.book("failed", 502)).toMatchObject({ costNanos: 10 });
  });

  it("is hashed as the caller got it, in one piece or in many", async () => {
    const hashes: unknown[] = [];
    for (const pieces of [["one two"], ["one", " ", "two"]]) {
      const { settlement, book } = settling();
      settlement.candidate = first;
      for (const piece of pieces) settlement.addAnswer(piece);
      hashes.push((await book("completed"))?.answerHash);
    }
    expect(hashes).toEqual([sha256Hex("one two"), sha256Hex("one two")]);
  });
});

describe("every call that was made", () => {
  it("is paid for: a lost try at its worst, one that was of no use at what it reported", async () => {
    const { settlement, book } = settling();
    const worst = settlement.addLost(first, { status: 504, code: "timeout" }, 1_100, 1_200);
    expect(worst).toBe(1_040);
    settlement.candidate = first;
    settlement.calledAt = 1_200;
    settlement.usage = { inputTokens: 3, outputTokens: 1 };
    settlement.servedModel = "first-of-all";
    settlement.discard("guard_refused", 1_300);
    settlement.candidate = second;
    settlement.calledAt = 1_300;
    settlement.usage = { inputTokens: 5, outputTokens: 2 };
    const booked = await book("completed");
    expect(booked).toMatchObject({
      costNanos: 1_040 + 13 + 25,
      estimated: true,
      overrunNanos: 38,
      provider: "second",
      usage: { inputTokens: 48, outputTokens: 103 },
      servedModel: "second-model",
    });
    expect(booked?.attempts).toMatchObject([
      { provider: "first", status: 504, code: "timeout", latencyMs: 100, costNanos: 1_040 },
      { provider: "first", status: 200, code: "guard_refused", latencyMs: 100, costNanos: 13 },
      { provider: "second", status: 200, latencyMs: 700, costNanos: 25 },
    ]);
  });

  it("that was of no use and reported nothing is booked at its worst", async () => {
    const { settlement, book } = settling();
    settlement.candidate = first;
    settlement.discard("not_an_answer", 1_300);
    settlement.candidate = second;
    settlement.usage = { inputTokens: 1, outputTokens: 1 };
    expect(await book("completed")).toMatchObject({ costNanos: 1_051, estimated: true });
  });

  it("that was lost is its provider's, also when nobody else answered", async () => {
    const { settlement, book } = settling();
    settlement.addLost(first, { status: 504, code: "timeout" }, 1_100, 1_200);
    const booked = await book("failed", 504);
    expect(booked).toMatchObject({ provider: "first", costNanos: 1_040, estimated: true });
    expect(booked).not.toHaveProperty("servedModel");
  });

  it("that was none costs nothing", async () => {
    const { book } = settling();
    const booked = await book("failed", 503);
    expect(booked).toMatchObject({ costNanos: 0, attempts: [], estimated: false });
    expect(booked).not.toHaveProperty("provider");
    expect(booked).not.toHaveProperty("answerHash");
  });
});

describe("a request", () => {
  it("is booked once, whoever comes second", async () => {
    const { settlement, booked, book } = settling();
    settlement.candidate = first;
    await Promise.all([book("completed"), book("aborted", 499)]);
    await book("failed", 500);
    expect(booked).toHaveLength(1);
    expect(booked[0]?.settlement.outcome).toBe("completed");
  });

  it("that a cache answered tells what it saved, and by whose words", async () => {
    const { settlement, book } = settling();
    settlement.cache = "hit";
    settlement.servedModel = "kept-model";
    settlement.savedNanos = 55;
    const told = { cache: "hit", servedModel: "kept-model", savedNanos: 55, costNanos: 0 };
    expect(await book("completed")).toMatchObject(told);
  });
});
