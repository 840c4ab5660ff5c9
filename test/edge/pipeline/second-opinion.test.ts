import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { type Doubt, askSecond, knownOpinion } from "#edge/pipeline/second-opinion.ts";
import type { Call, Plan } from "#edge/pipeline/plan.ts";
import type { Settlement } from "#edge/pipeline/settlement.ts";
import { PolicyDocument } from "#policy/document.ts";
import { stageBoundOf, stagePriceOf } from "#policy/guard-price.ts";
import { Guard, type PolicySecondStage } from "#policy/guard.ts";
import { priceOf } from "#providers/price-book.ts";
import { samplePolicy } from "../../policy/sample.ts";

type Decided = Parameters<Doubt["decide"]>[0];

const stageOf = (stage: object): PolicySecondStage => {
  const { secondStage } = Guard.parse({ secondStage: { kind: "llama-guard", ...stage } });
  if (secondStage === undefined) throw new Error("a guard without its second stage");
  return secondStage;
};

interface Run {
  model: string;
  inputs: { messages: { content: string }[] };
  signal: AbortSignal;
}
const runs: Run[] = [];
let answer: (run: Run) => Promise<Response>;
const AI = {
  run: (model: string, inputs: Run["inputs"], { signal }: { signal: AbortSignal }) => {
    const run = { model, inputs, signal };
    runs.push(run);
    return answer(run);
  },
};
beforeEach(() => {
  runs.length = 0;
  answer = async () => Response.json({ response: "safe" });
});

const texts = ["first", "the doubtful one", "third", "another"];
const added: Parameters<Settlement["addGuard"]>[] = [];
/** Asks about the second and the last text; answers what was decided by. */
async function ask(
  stage: PolicySecondStage,
  env: object = { AI },
  call = {} as Call,
  accounting = "strict",
): Promise<Decided[]> {
  const decided: Decided[] = [];
  const price = stagePriceOf(PolicyDocument.parse(samplePolicy()), stage, priceOf);
  const plan = {
    request: { accounting },
    doubt: {
      stage,
      texts: [1, 3],
      bound: stageBoundOf(40, price ?? { inputNanosPerMtok: 0, outputNanosPerMtok: 0 }),
      decide: (second: Decided) => decided.push(second),
    },
    textsOf: () => texts.map((text) => ({ channel: "user", text, replace: () => undefined })),
  } as unknown as Plan;
  added.length = 0;
  const settlement = { addGuard: (...all: (typeof added)[number]) => void added.push(all) };
  expect(await askSecond(env as Env, call, plan, settlement)).toBe(true);
  return decided;
}

const model = "@cf/meta/llama-guard-3-8b";
const bound = stageOf({ binding: "AI", model });

describe("a classifier of Workers AI", () => {
  it("is run over its binding with all texts in doubt, and nothing else", async () => {
    const [second] = await ask(bound);
    expect(second).toMatchObject({ outcome: "safe" });
    expect(runs[0]?.model).toBe(model);
    expect(runs[0]?.inputs.messages[0]?.content).toBe("the doubtful one\n\nanother");
  });

  it("is aborted when its time is over, whether it heeds that or not", async () => {
    answer = () => new Promise(() => undefined);
    const [second] = await ask(stageOf({ binding: "AI", model, timeoutMs: 50 }));
    expect(second).toMatchObject({ outcome: "failed", failure: "timeout" });
    expect(runs[0]?.signal.aborted).toBe(true);
  });

  it("that throws could not be reached", async () => {
    answer = () => Promise.reject(new Error("no such model: the doubtful one"));
    const [second] = await ask(stageOf({ binding: "AI", model, timeoutMs: 1_001 }));
    expect(second).toEqual({
      outcome: "failed",
      failure: "unreachable",
      latencyMs: expect.any(Number),
      costNanos: 0,
    });
  });

  it("may rest after five failures in a row, and costs nothing then", async () => {
    answer = async () => new Response("busy", { status: 503 });
    const paid = stageOf({ binding: "AI", model, secret: "RESTING", costUsd: 0.001 });
    const env = { AI, RESTING: "x" };
    for (let time = 0; time < 5; time++) {
      expect((await ask(paid, env))[0]).toMatchObject({ failure: "status", costNanos: 0 });
      expect(added[0]?.[1]).toMatchObject({ status: 503, code: "status", role: "guard" });
    }
    expect((await ask(paid, env))[0]).toMatchObject({ failure: "resting", costNanos: 0 });
    expect(added[0]?.[1]).toBeUndefined();
    expect(runs).toHaveLength(5);
  });
});

describe("what is booked for it", () => {
  const usage = { prompt_tokens: 300, completion_tokens: 4 };
  const costOfBook = 300 * 484 + 4 * 30;

  it("is what the model's price makes of the tokens that it reports", async () => {
    answer = async () => Response.json({ response: "safe", usage });
    const [second] = await ask(bound);
    expect(second?.costNanos).toBe(costOfBook);
    expect(added[0]?.[1]).toMatchObject({
      provider: "prompt-guard",
      model,
      status: 200,
      usage: { inputTokens: 300, outputTokens: 4 },
      costNanos: costOfBook,
    });
    expect(added[0]?.[2].estimated).toBe(false);
  });

  it("is all that it may be where it reports none, or does not answer in time", async () => {
    const most = (40 + 1_024) * 484 + 64 * 30;
    const [second] = await ask(bound);
    expect(second?.costNanos).toBe(most);
    expect(added[0]?.[2].estimated).toBe(true);
    answer = () => new Promise(() => undefined);
    const slow = stageOf({ binding: "AI", model, timeoutMs: 50 });
    expect((await ask(slow))[0]).toMatchObject({ failure: "timeout", costNanos: most });
    expect((await ask(slow, { AI }, {} as Call, "estimate"))[0]?.costNanos).toBe(0);
  });

  it("is `costUsd` a question where policy says so", async () => {
    const [second] = await ask(stageOf({ binding: "AI", model, costUsd: 0.001 }));
    expect(second?.costNanos).toBe(1_000_000);
    expect(added[0]?.[2].estimated).toBe(false);
  });
});

describe("one request", () => {
  it("knows what it was told, whatever is planned anew, and pays for it once", async () => {
    const call = {} as Call;
    const paid = stageOf({ binding: "AI", model, costUsd: 0.001 });
    const [first] = await ask(paid, { AI }, call);
    expect(first?.costNanos).toBe(1_000_000);
    const again = knownOpinion(call, { stage: paid, texts: [1, 3] });
    expect(again).toEqual({ ...first, costNanos: 0 });
    expect(knownOpinion(call, { stage: paid, texts: [1] })).toBeUndefined();
  });
});

describe("nobody is called", () => {
  it.each([
    ["without the binding", { binding: "OTHER", model }],
    ["without the secret that policy names", { binding: "AI", model, secret: "UNSET" }],
    ["with one of the gateway's own secrets", { binding: "AI", model, secret: "TALLYGATE_SECRET" }],
    ["in a private network", { url: "https://10.0.0.7/classify" }],
    ["at a metadata address", { url: "http://169.254.169.254/latest" }],
    ["in clear", { url: "http://classifier.example/classify" }],
  ])("%s", async (_name, stage) => {
    const network = vi.spyOn(globalThis, "fetch");
    const [second] = await ask(stageOf(stage), { AI, TALLYGATE_SECRET: "root" });
    expect(second).toMatchObject({ outcome: "failed", failure: "not_configured" });
    expect(runs).toEqual([]);
    expect(network).not.toHaveBeenCalled();
    network.mockRestore();
  });
});
