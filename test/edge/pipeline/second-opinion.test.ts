import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { type Doubt, askSecond, useKnownOpinion } from "#edge/pipeline/second-opinion.ts";
import type { Call, Plan } from "#edge/pipeline/plan.ts";
import { Guard, type PolicySecondStage } from "#policy/guard.ts";

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
/** Asks about the second and the last text; answers what was decided by. */
async function ask(
  stage: PolicySecondStage,
  env: object = { AI },
  call = {} as Call,
  verdict?: Plan["verdict"],
): Promise<Decided[]> {
  const decided: Decided[] = [];
  const plan = {
    doubt: { stage, texts: [1, 3], decide: (second: Decided) => decided.push(second) },
    textsOf: () => texts.map((text) => ({ channel: "user", text, replace: () => undefined })),
    ...(verdict && { verdict }),
  } as unknown as Plan;
  useKnownOpinion(call, plan);
  await askSecond(env as Env, call, plan);
  return decided;
}

const model = "@cf/meta/llama-guard-3-8b";
const bound = stageOf({ binding: "AI", model });

describe("a classifier of Workers AI", () => {
  it("is run over its binding with all texts in doubt, and nothing else", async () => {
    const [second] = await ask(bound);
    expect(second).toMatchObject({ outcome: "safe", costNanos: 0 });
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
      expect((await ask(paid, env))[0]).toMatchObject({ failure: "status", costNanos: 1_000_000 });
    }
    expect((await ask(paid, env))[0]).toMatchObject({ failure: "resting", costNanos: 0 });
    expect(runs).toHaveLength(5);
  });
});

describe("one request", () => {
  it("asks the same question once, whatever is planned anew", async () => {
    const call = {} as Call;
    const [first] = await ask(bound, { AI }, call);
    const [again] = await ask(bound, { AI }, call);
    expect(again).toEqual(first);
    expect(runs).toHaveLength(1);
  });

  it("that is refused for another reason is shown to nobody", async () => {
    const verdict = { code: "dlp_blocked", message: "" };
    expect(await ask(bound, { AI }, {} as Call, verdict)).toEqual([]);
    expect(runs).toEqual([]);
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
