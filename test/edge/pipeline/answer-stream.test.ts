/** The first byte of a stream: in the caller's hands in the event-loop turn in which it came. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { compileDlp } from "#dlp/program.ts";
import type { Admission } from "#edge/pipeline/admit.ts";
import { answerStream } from "#edge/pipeline/answer-stream.ts";
import type { Answered } from "#edge/pipeline/call.ts";
import type { Call } from "#edge/pipeline/plan.ts";
import type { Settlement } from "#edge/pipeline/settlement.ts";
import { dialectOf } from "#providers/registry.ts";
import type { DialectId } from "#providers/types.ts";

// The runtime's pipe without buffers of its own; Node's has the same face.
const own = Reflect.get(globalThis, "IdentityTransformStream") as unknown;
beforeAll(() => Reflect.set(globalThis, "IdentityTransformStream", TransformStream));
afterAll(() => Reflect.set(globalThis, "IdentityTransformStream", own));

const meta = { requestId: "r", model: "m", createdAtMs: 0, includeUsage: true };

/** The first event of an answer with text in it. */
function firstOf(dialect: DialectId): Uint8Array {
  const encoder = dialectOf(dialect).openEncoder(meta);
  const text =
    encoder.push({ type: "response-metadata", id: "a", model: "m" }) +
    encoder.push({ type: "text-start", id: "t" }) +
    encoder.push({ type: "text-delta", id: "t", text: "Hello" });
  return new TextEncoder().encode(text);
}

const nothing = () => undefined;

/** Starts an answer of `from` to a caller of `to`; what the provider says is put into `controller`. */
function start(from: DialectId, to: DialectId) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
  });
  const plan = {
    policy: { dlp: compileDlp([]) },
    resolved: { upstream: { betweenBytesMs: 60_000 } },
    request: { accounting: "strict" },
    choices: 1,
  };
  const answered = {
    candidate: { provider: "p", model: "m", maxOutputTokens: 1_000 },
    dialect: dialectOf(from),
    framing: dialectOf(from).contentType,
    response: new Response(body),
    abort: new AbortController(),
    calledAt: 0,
  };
  const settlement = { addAnswer: nothing, hear: nothing, book: async () => undefined };
  const { body: answer, done } = answerStream({
    env: {} as Env,
    request: new Request("https://gateway.example/"),
    call: { requestId: "r", startedAt: 0, asked: { dialect: dialectOf(to) } } as Call,
    admission: { plan } as unknown as Admission,
    answered: answered as unknown as Answered,
    settlement: settlement as unknown as Settlement,
  });
  return { reader: answer.getReader(), done, controller };
}

it.each([
  ["openai-chat", "openai-chat"],
  ["anthropic-messages", "openai-chat"],
  ["openai-chat", "openai-responses"],
  ["google-generate", "anthropic-messages"],
] as const)("%s for a caller of %s", async (from, to) => {
  const { reader, controller, done } = start(from, to);
  // The pump waits for the provider, the caller for the pump.
  const read = reader.read();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  let turns = 0;
  let counts = true;
  const count = (): void => {
    turns += 1;
    if (counts) setImmediate(count);
  };
  setImmediate(count);
  controller?.enqueue(firstOf(from));
  const { value } = await read;
  counts = false;
  expect(turns).toBe(0);
  expect(new TextDecoder().decode(value as Uint8Array)).not.toBe("");
  controller?.close();
  await reader.cancel();
  await done;
});
