/** Cohere's own chat, watched: requests, answers and streams, in its documented shapes. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cohereChat } from "#providers/cohere-chat/dialect.ts";
import type { Json, JsonObject, WireEvent } from "#providers/types.ts";
import { clone, pump, split, valueOf } from "../support/describe-provider.ts";

const SEED = 20_261_122;

const request: JsonObject = {
  model: "command-a-03-2025",
  stream: true,
  max_tokens: 300,
  documents: ["DOCUMENT-1", { id: "d2", data: { snippet: "DOCUMENT-2" } }],
  messages: [
    { role: "system", content: "SYSTEM" },
    {
      role: "user",
      content: [
        { type: "text", text: "USER" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      ],
    },
    {
      role: "assistant",
      tool_plan: "PLAN",
      content: [{ type: "thinking", thinking: "THOUGHT" }],
      tool_calls: [
        { id: "c1", type: "function", function: { name: "f", arguments: '{"to":"ARGUMENT"}' } },
      ],
      citations: [{ start: 0, end: 3, text: "QUOTE" }],
    },
    {
      role: "tool",
      tool_call_id: "c1",
      content: [{ type: "document", document: { data: "RESULT" } }],
    },
  ],
  tools: [{ type: "function", function: { name: "f", parameters: {} } }],
};
const TEXTS: [string, string][] = [
  ["SYSTEM", "system"],
  ["USER", "user"],
  ["PLAN", "assistant"],
  ["THOUGHT", "reasoning"],
  ["ARGUMENT", "tool-arguments"],
  ["QUOTE", "assistant"],
  ["RESULT", "tool-results"],
  ["DOCUMENT-1", "file"],
  ["DOCUMENT-2", "file"],
];

describe("a request in Cohere's words", () => {
  it("says what admission needs, and is prepared without touching the caller's body", () => {
    expect(valueOf(cohereChat.parseRequest(request))).toEqual({
      model: "command-a-03-2025",
      stream: true,
      maxOutputTokens: 300,
      choices: 1,
      images: 1,
      tools: 1,
    });
    const before = clone(request);
    const to = { model: "command-r", maxOutputTokens: 77, stream: true };
    expect(cohereChat.prepare(request, to)).toEqual({
      ...before,
      model: "command-r",
      max_tokens: 77,
    });
    expect(request).toEqual(before);
  });

  it("shows every text in its channel but pictures, and each can be replaced", () => {
    const body = clone(request);
    const slots = cohereChat.requestTexts(body);
    const seen = slots.map(({ text, channel }) => `${channel} ${text}`);
    for (const [text, channel] of TEXTS) expect(seen).toContain(`${channel} ${text}`);
    expect(seen.join()).not.toContain("base64");
    for (const slot of slots) slot.replace("x");
    for (const [text] of TEXTS) expect(JSON.stringify(body)).not.toContain(text);
  });

  it("is refused by the name of what is wrong, whatever JSON it is", () => {
    expect(cohereChat.parseRequest({ model: "m", messages: [] })).toMatchObject({
      error: { field: "messages" },
    });
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const result = cohereChat.parseRequest(value as Json);
        if (!result.ok) expect(result.error.field).not.toBe("");
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it("crosses to nobody, and no answer of others' crosses to it", () => {
    expect(cohereChat.decodeRequest(clone(request)).ok).toBe(false);
    expect(cohereChat.decodeResponse({}).ok).toBe(false);
  });
});

describe("an answer in Cohere's words", () => {
  const answer: JsonObject = {
    id: "a1",
    finish_reason: "TOOL_CALL",
    logprobs: [{ text: "TEXT" }],
    message: {
      role: "assistant",
      content: [{ type: "text", text: "TEXT" }],
      tool_calls: [{ id: "c1", function: { name: "f", arguments: '{"city":"PARIS"}' } }],
      citations: [{ start: 0, end: 4, text: "TEXT", sources: [{ document: { t: "SOURCE" } }] }],
    },
    usage: {
      billed_units: { input_tokens: 7, output_tokens: 5 },
      tokens: { input_tokens: 90, output_tokens: 6 },
    },
  };

  it("is booked by what is billed, else by its tokens", () => {
    expect(cohereChat.responseMeta(answer)).toEqual({
      usage: { inputTokens: 7, outputTokens: 5 },
      finish: "tool_calls",
      responseId: "a1",
    });
    const usage = { tokens: { input_tokens: 90, output_tokens: 6 } };
    const told = cohereChat.responseMeta({ ...answer, usage }).usage;
    expect(told).toEqual({ inputTokens: 90, outputTokens: 6 });
    expect(cohereChat.responseMeta({ ...answer, usage: {} }).usage).toBeUndefined();
  });

  it("keeps no second copy of a text that was replaced", () => {
    const body = clone(answer);
    for (const slot of cohereChat.responseTexts(body)) slot.replace("x");
    expect(JSON.stringify(body)).not.toMatch(/TEXT|PARIS|SOURCE/);
  });
});

const event = (type: string, index?: number, message?: JsonObject): string => {
  const delta = message === undefined ? {} : { delta: { message } };
  const body = { type, ...(index !== undefined && { index }), ...delta };
  return `event: ${type}\ndata: ${JSON.stringify(body)}\n\n`;
};
const content = (index: number, part: JsonObject) =>
  event("content-delta", index, { content: part });
const call = (type: string, args: string) =>
  event(type, 0, { tool_calls: { id: "c1", function: { name: "f", arguments: args } } });
const usage = { billed_units: { input_tokens: 7, output_tokens: 5 } };
const endOf = (finish_reason: string, more: JsonObject = {}) =>
  `event: message-end\ndata: ${JSON.stringify({ type: "message-end", delta: { finish_reason, ...more } })}\n\n`;
const wire = [
  'event: message-start\ndata: {"type":"message-start","id":"a1","delta":{"message":{"role":"assistant"}}}\n\n',
  event("tool-plan-delta", undefined, { tool_plan: "I will " }),
  event("tool-plan-delta", undefined, { tool_plan: "look." }),
  call("tool-call-start", ""),
  call("tool-call-delta", '{"city":'),
  call("tool-call-delta", '"Paris"}'),
  event("tool-call-end", 0),
  event("content-start", 0, { content: { type: "thinking", thinking: "" } }),
  content(0, { thinking: "Hm." }),
  event("content-end", 0),
  event("content-start", 1, { content: { type: "text", text: "" } }),
  content(1, { text: "It " }),
  content(1, { text: "rains." }),
  event("content-end", 1),
  event("citation-start", 0, { citations: { start: 3, end: 9, text: "rains.", sources: [] } }),
  event("citation-end", 0),
  endOf("TOOL_CALL", { usage }),
].join("");

/** What a reader of the stream has at its end, as Cohere's SDK would put it together. */
function read(text: string) {
  const said = { plan: "", arguments: "", thinking: "", text: "", quote: "", finish: "" };
  for (const { data } of split(cohereChat, text)) {
    const { delta } = JSON.parse(data) as { delta?: Record<string, unknown> };
    const message = (delta?.["message"] ?? {}) as Record<string, Record<string, string>>;
    said.plan += (message["tool_plan"] as unknown as string | undefined) ?? "";
    const fn = message["tool_calls"]?.["function"] as unknown as Record<string, string> | undefined;
    said.arguments += fn?.["arguments"] ?? "";
    said.thinking += message["content"]?.["thinking"] ?? "";
    said.text += message["content"]?.["text"] ?? "";
    said.quote += message["citations"]?.["text"] ?? "";
    said.finish += (delta?.["finish_reason"] as string | undefined) ?? "";
  }
  return said;
}

/** What the first event of a stream comes to. */
function step(text: string) {
  const [one] = split(cohereChat, text);
  return cohereChat.openTap().read(one as WireEvent);
}

const SAID = {
  plan: "I will look.",
  arguments: '{"city":"Paris"}',
  thinking: "Hm.",
  text: "It rains.",
  quote: "rains.",
  finish: "TOOL_CALL",
};

describe("a stream in Cohere's words", () => {
  it("is passed byte for byte, split anywhere", () => {
    const keep = { push: (_key: string, text: string) => text, end: () => "" };
    expect(read(wire)).toEqual(SAID);
    for (let cut = 0; cut <= wire.length; cut += 1) {
      expect(pump(cohereChat.openTap(), split(cohereChat, wire, cut), keep)).toBe(wire);
    }
  });

  it("tells usage, finish and its end, and closes every text it opens", () => {
    const tap = cohereChat.openTap();
    const steps = split(cohereChat, wire).map((one) => tap.read(one));
    expect(steps.at(-1)).toMatchObject({
      usage: { inputTokens: 7, outputTokens: 5 },
      finish: "tool_calls",
      done: true,
    });
    expect(steps[0]?.responseId).toBe("a1");
    const slots = steps.flatMap((step) => step.slots);
    // A quote is no token of its own: it must not count towards the most that an answer may have.
    expect(slots.filter(({ repeats }) => repeats === undefined)).toHaveLength(7);
    expect(slots.filter(({ repeats }) => repeats)).toHaveLength(3);
    const opened = new Set(slots.map(({ key }) => key));
    expect(new Set(steps.flatMap((step) => step.closes))).toEqual(opened);
  });

  it("writes replaced texts, and loses nothing when all is held back to the end", () => {
    const marked = pump(cohereChat.openTap(), split(cohereChat, wire), {
      push: (_key, text) => `<${text}>`,
      end: () => "",
    });
    expect(read(marked).text).toBe("<It ><rains.>");
    const held = new Map<string, string>();
    const late = pump(cohereChat.openTap(), split(cohereChat, wire), {
      push(key, text) {
        held.set(key, (held.get(key) ?? "") + text);
        return "";
      },
      end(key) {
        const text = held.get(key) ?? "";
        held.delete(key);
        return text;
      },
    });
    expect(read(late)).toEqual(SAID);
  });

  it("can be ended anywhere, by a rule or at a limit", () => {
    const events = split(cohereChat, wire);
    for (let count = 0; count < events.length; count += 1) {
      for (const [reason, word] of [
        ["content_filter", "ERROR"],
        ["length", "MAX_TOKENS"],
      ] as const) {
        const tap = cohereChat.openTap();
        const head = events.slice(0, count).map((one) => tap.read(one).wire());
        const ended = head.join("") + tap.finish(reason, { inputTokens: 1, outputTokens: 1 });
        expect(read(ended).finish).toBe(word);
      }
    }
  });

  it("is a failure where it ends in one or cannot be read", () => {
    expect(step(endOf("ERROR", { error: "overloaded" })).error?.message).toBe("overloaded");
    expect(step("data: {nope\n\n").error?.code).toBe("malformed_stream_event");
    const refusal = { status: 502, code: "x", type: "y", message: "gone", requestId: "r" };
    expect(step(cohereChat.encodeStreamError(refusal)).error?.message).toBe("gone");
    expect(cohereChat.encodeError(refusal)).toMatchObject({ message: "gone", code: "x" });
    const [first] = split(cohereChat, endOf("ERROR"));
    expect(cohereChat.openDecoder().push(first as WireEvent)).toMatchObject([{ type: "error" }]);
  });

  it("takes any JSON event without a throw", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 4 }), (values) => {
        const tap = cohereChat.openTap();
        for (const value of values) {
          const data = JSON.stringify(value);
          for (const slot of tap.read({ raw: `data: ${data}\n\n`, data }).slots) slot.replace("x");
        }
        expect(tap.finish("length", undefined)).toContain("message-end");
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
