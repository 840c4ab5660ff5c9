/** A stream that breaks: begun anew while its caller knows nothing of it, never after. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { compileDlp } from "#dlp/program.ts";
import type { Admission } from "#edge/pipeline/admit.ts";
import { answerStream } from "#edge/pipeline/answer-stream.ts";
import type { Answered } from "#edge/pipeline/call.ts";
import type { Call } from "#edge/pipeline/plan.ts";
import type { Settlement } from "#edge/pipeline/settlement.ts";
import { heldCharsMax } from "#edge/limits.ts";
import { GatewayError } from "#edge/errors.ts";
import { dialectOf } from "#providers/registry.ts";
import type { DialectId, WireEvent } from "#providers/types.ts";
import { anthropicFixtures } from "../../fixtures/providers/anthropic-messages.ts";
import { googleFixtures } from "../../fixtures/providers/google-generate.ts";
import { ollamaFixtures } from "../../fixtures/providers/ollama-chat.ts";
import { openaiFixtures } from "../../fixtures/providers/openai-chat.ts";
import { responsesFixtures } from "../../fixtures/providers/openai-responses.ts";
import { split } from "../../support/describe-provider.ts";

// The runtime's pipe without buffers of its own; Node's has the same face.
const own = Reflect.get(globalThis, "IdentityTransformStream") as unknown;
beforeAll(() => Reflect.set(globalThis, "IdentityTransformStream", TransformStream));
afterAll(() => Reflect.set(globalThis, "IdentityTransformStream", own));

const fixtures = [
  openaiFixtures,
  anthropicFixtures,
  googleFixtures,
  ollamaFixtures,
  responsesFixtures,
];
const callers: DialectId[] = [
  "openai-chat",
  "anthropic-messages",
  "google-generate",
  "ollama-chat",
  "openai-responses",
];

type Break = "ends" | "is reset" | "has words that are none";
const breaks: Break[] = ["ends", "is reset", "has words that are none"];

/** A provider's answer: these words, and then what becomes of it. */
function answering(from: DialectId, wire: string, broken?: Break): Answered {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (wire !== "") controller.enqueue(encoder.encode(wire));
      wire = "";
      if (broken === "is reset") controller.error(new Error("reset"));
      else if (broken === "has words that are none")
        controller.enqueue(encoder.encode("data: {half\n\n"));
      if (broken !== "is reset") controller.close();
    },
  });
  return {
    candidate: { provider: "p", model: "m", maxOutputTokens: 1_000 },
    dialect: dialectOf(from),
    framing: dialectOf(from).contentType,
    response: new Response(body),
    abort: new AbortController(),
    calledAt: 0,
  } as unknown as Answered;
}

const plan = {
  policy: { dlp: compileDlp([]) },
  resolved: { upstream: { betweenBytesMs: 60_000 } },
  request: { accounting: "strict" },
  choices: 1,
};

const nothing = (): undefined => undefined;

/** What a caller of `to` is told, who was given up, and how it ended. */
async function told(to: DialectId, first: Answered, others: Answered[] = [], mayAskAgain = true) {
  const givenUp: GatewayError[] = [];
  const tries = {
    mayAskAgain,
    heard: nothing,
    giveUp(error: GatewayError) {
      if (others.length === 0) return false;
      givenUp.push(error);
      return true;
    },
    async next() {
      const next = others.shift();
      if (next === undefined) throw new GatewayError("provider_error", "Nobody is left.");
      return next;
    },
  };
  const settlement = { addAnswer: nothing, hear: nothing, book: async () => undefined };
  const asked = { dialect: dialectOf(to), includeUsage: true };
  const { body, done } = answerStream({
    env: {} as Env,
    request: new Request("https://gateway.example/"),
    call: { requestId: "r", startedAt: 0, asked } as Call,
    admission: { plan } as unknown as Admission,
    answered: first,
    settlement: settlement as unknown as Settlement,
    tries,
  });
  const text = await new Response(body).text();
  return { text, outcome: await done, givenUp: givenUp.map(({ code }) => code) };
}

const CONTENT = new Set(["text-delta", "reasoning-delta", "tool-input-delta", "finish"]);

/** Whether these events of a provider have said anything of its answer, or that it is over. */
function hasBegun(from: DialectId, to: DialectId, events: readonly WireEvent[]): boolean {
  if (from !== to) {
    const decoder = dialectOf(from).openDecoder();
    return events.flatMap((event) => decoder.push(event)).some(({ type }) => CONTENT.has(type));
  }
  const tap = dialectOf(from).openTap();
  return events
    .map((event) => tap.read(event))
    .some(({ slots, finish }) => finish !== undefined || slots.some(({ text }) => text !== ""));
}

const pairs = fixtures.flatMap(({ dialect }, index) =>
  callers.map((to) => [dialect.id as DialectId, to, index] as const),
);

describe.each(pairs)("%s for a caller of %s", (from, to, index) => {
  const { dialect, streams } = fixtures[index]!;

  it("that broke before any content is another's, from its first byte to its last", async () => {
    let times = 0;
    for (const { wire } of streams) {
      const events = split(dialect, wire);
      const alone = await told(to, answering(from, wire));
      expect(alone.outcome).toBe("completed");
      for (let at = 0; !hasBegun(from, to, events.slice(0, at)); at += 1) {
        const begun = events.slice(0, at).map(({ raw }) => raw);
        for (const broken of breaks) {
          times += 1;
          const first = answering(from, begun.join(""), broken);
          expect(await told(to, first, [answering(from, wire)])).toEqual({
            ...alone,
            givenUp: ["provider_error"],
          });
          expect(first.abort.signal.aborted).toBe(true);
        }
      }
    }
    expect(times).toBeGreaterThanOrEqual(breaks.length * streams.length);
  });

  it("that broke after some of its content is nobody else's", async () => {
    for (const { wire } of streams) {
      const events = split(dialect, wire);
      const at = events.findIndex((_event, last) => hasBegun(from, to, events.slice(0, last + 1)));
      const begun = events.slice(0, at + 1).map(({ raw }) => raw);
      // Where that is the whole answer nothing is broken.
      if (at + 1 === events.length) continue;
      const broken = answering(from, begun.join(""), "is reset");
      const { text, outcome, givenUp } = await told(to, broken, [answering(from, wire)]);
      expect([outcome, givenUp]).toEqual(["failed", []]);
      expect(text).toContain("broke off its answer");
    }
  });
});

const openai = (wire: string, broken?: Break) => answering("openai-chat", wire, broken);
const { wire } = openaiFixtures.streams[0]!;
const [role = ""] = split(openaiFixtures.dialect, wire).map(({ raw }) => raw);

it("without a policy that says so nothing waits, and nobody else is asked", async () => {
  const { text, outcome, givenUp } = await told(
    "openai-chat",
    openai(role, "ends"),
    [openai(wire)],
    false,
  );
  expect(text.startsWith(role)).toBe(true);
  expect([outcome, givenUp]).toEqual(["failed", []]);
});

it("is begun anew again where that breaks as well, and ends with the last one's failure", async () => {
  const again = [openai(role, "is reset"), openai(wire)];
  const well = await told("openai-chat", openai(role, "ends"), again);
  expect(well).toMatchObject({ text: wire, outcome: "completed" });
  expect(well.givenUp).toHaveLength(2);
  const ill = await told("openai-chat", openai(role, "ends"), [openai(role, "ends")]);
  expect(ill.outcome).toBe("failed");
  expect(ill.text).not.toContain('"role"');
  expect(ill.text).toContain("broke off its answer");
});

const chunk = (delta: object, finish_reason: string | null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

it("an answer that says nothing, not even empty text, is an answer once its provider says so", async () => {
  const blank = chunk({ role: "assistant", content: "" }, null);
  const empty = blank + chunk({}, "stop") + "data: [DONE]\n\n";
  expect(await told("openai-chat", openai(empty), [openai(wire)])).toEqual({
    text: empty,
    outcome: "completed",
    givenUp: [],
  });
  const begun = await told("openai-chat", openai(blank, "ends"), [openai(wire)]);
  expect(begun).toMatchObject({ text: wire, outcome: "completed" });
});

it("does not wait without a bound for content that nobody here can read", async () => {
  const unread = `data: ${JSON.stringify({ choices: [], x: "x".repeat(heldCharsMax) })}\n\n`;
  const { text, givenUp } = await told("openai-chat", openai(role + unread, "ends"), [
    openai(wire),
  ]);
  expect(text.startsWith(role + unread)).toBe(true);
  expect(givenUp).toEqual([]);
});
