/** Streams out of bytes: whatever the network does to them, the same events and one end. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGateway, type Gateway, type StreamEvent } from "../../client/src/client.ts";
import { openAiChunks } from "../support/scripted-upstream.ts";

type Kind = "openai" | "anthropic";

const sse = (events: readonly object[], end = "\n"): string =>
  events
    .map((event) => {
      const { type } = event as { type?: string };
      return `${type === undefined ? "" : `event: ${type}${end}`}data: ${JSON.stringify(event)}${end}${end}`;
    })
    .join("");

const call = (more: object) => ({ choices: [{ index: 0, delta: { tool_calls: [more] } }] });

const recorded: Record<Kind, string> = {
  openai: [
    ": a comment\n\n",
    ...openAiChunks(["Grüße", " 👋🏽", ""]).slice(0, -3),
    sse([
      call({ index: 0, id: "c1", function: { name: "weather", arguments: "" } }),
      call({ index: 0, function: { arguments: '{"city":' } }),
      call({ index: 1, id: "c2", function: { name: "time", arguments: "" } }),
      call({ index: 0, function: { arguments: '"Zürich"}' } }),
      { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] },
      { choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } },
    ]),
    "data: [DONE]\n\n",
  ].join(""),
  anthropic: sse(
    [
      {
        type: "message_start",
        message: { usage: { input_tokens: 5, cache_read_input_tokens: 2 } },
      },
      { type: "ping" },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Grüße" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: " 👋🏽" } },
      { type: "content_block_stop", index: 0 },
      {
        type: "content_block_start",
        index: 1,
        content_block: { type: "tool_use", id: "c1", name: "weather", input: {} },
      },
      {
        type: "content_block_delta",
        index: 1,
        delta: { type: "input_json_delta", partial_json: '{"city":"Zürich"}' },
      },
      { type: "content_block_stop", index: 1 },
      {
        type: "content_block_start",
        index: 2,
        content_block: { type: "tool_use", id: "c2", name: "time" },
      },
      { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 3 } },
      { type: "message_stop" },
    ],
    "\r\n",
  ),
};

const expected = (kind: Kind): StreamEvent[] => [
  { type: "text", text: "Grüße" },
  { type: "text", text: " 👋🏽" },
  { type: "tool_use", id: "c1", name: "weather", input: { city: "Zürich" } },
  { type: "tool_use", id: "c2", name: "time", input: {} },
  {
    type: "done",
    finish: "tool_calls",
    usage: {
      inputTokens: 7,
      outputTokens: 3,
      ...(kind === "anthropic" ? { cachedInputTokens: 2 } : {}),
    },
  },
];

/** A provider that answers with these pieces of bytes. */
function answering(kind: Kind, pieces: readonly Uint8Array[]): Gateway {
  const left = [...pieces];
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = left.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    });
  return createGateway({
    providers: { one: { kind, baseUrl: "https://provider.test", apiKey: "any" } },
    fetch: async () => new Response(body()),
  });
}

async function eventsOf(gateway: Gateway): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  const stream = gateway.stream("m", { prompt: "hi" });
  for await (const event of stream as unknown as AsyncIterable<StreamEvent>) events.push(event);
  return events;
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const marks = [0, ...at.map((n) => n % bytes.length).sort((a, b) => a - b), bytes.length];
  return marks.slice(1).map((mark, index) => bytes.slice(marks[index], mark));
}

describe.each(["openai", "anthropic"] as const)("a stream in the dialect %s", (kind) => {
  const bytes = new TextEncoder().encode(recorded[kind]);

  it("gives the same events for any chunking of its bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 40 }), async (at) => {
        expect(await eventsOf(answering(kind, cut(bytes, at)))).toEqual(expected(kind));
      }),
      { numRuns: 150 },
    );
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await eventsOf(answering(kind, single))).toEqual(expected(kind));
  });

  it("fails, with no done, wherever it is cut off", async () => {
    const last =
      kind === "openai" ? '{"choices":[{"index":0,"delta":{},"fin' : '{"type":"message_stop';
    const end = Buffer.from(bytes).indexOf(last);
    expect(end).toBeGreaterThan(0);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: end }), async (length) => {
        const events = eventsOf(answering(kind, [bytes.slice(0, length)]));
        await expect(events).rejects.toMatchObject({ code: "provider_error", retryable: true });
      }),
      { numRuns: 60 },
    );
  });

  it("gives nothing after done, even when the provider goes on", async () => {
    const twice = new TextEncoder().encode(recorded[kind] + recorded[kind]);
    expect(await eventsOf(answering(kind, [twice]))).toEqual(expected(kind));
  });

  it("turns an error in its middle into a typed one", async () => {
    const event = { type: "error", error: { code: "dlp_blocked", message: "Kept back." } };
    const text = new TextEncoder().encode(sse([event]));
    const events = eventsOf(answering(kind, [text]));
    await expect(events).rejects.toMatchObject({ code: "dlp_blocked", message: "Kept back." });
  });
});

it("an answer cut inside a tool's arguments ends in length, without the half call", async () => {
  const text = sse([
    call({ index: 0, id: "c1", function: { name: "weather", arguments: '{"ci' } }),
    { choices: [{ index: 0, delta: {}, finish_reason: "length" }] },
  ]);
  const events = await eventsOf(answering("openai", [new TextEncoder().encode(text)]));
  expect(events).toEqual([{ type: "done", finish: "length" }]);
});
