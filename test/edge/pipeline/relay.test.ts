/** A provider's stream on its way to the caller: whole, scanned, and told to the books. */
import { describe, expect, it } from "vitest";
import { openRelay, type Relay } from "#edge/pipeline/relay.ts";
import type { Screen } from "#edge/pipeline/screen.ts";
import type { Settlement } from "#edge/pipeline/settlement.ts";
import type { StreamPart } from "#providers/chat.ts";
import { openFrames } from "#providers/frames.ts";
import { dialectOf } from "#providers/registry.ts";
import type { DialectId, WireEvent } from "#providers/types.ts";

const dialects: DialectId[] = [
  "openai-chat",
  "anthropic-messages",
  "google-generate",
  "ollama-chat",
  "openai-responses",
];
const meta = { requestId: "r", model: "asked", createdAtMs: 0, includeUsage: true };
const usage = { inputTokens: 7, outputTokens: 3 };

const textOf = (...texts: string[]): StreamPart[] => [
  { type: "response-metadata", id: "a", model: "served" },
  { type: "text-start", id: "t" },
  ...texts.map((text): StreamPart => ({ type: "text-delta", id: "t", text })),
  { type: "text-end", id: "t" },
];
const finish: StreamPart = { type: "finish", finish: "stop", usage };
const hello = [...textOf("Hello", " there", "."), finish];

/** A dialect's events off the wire. */
function events(dialect: DialectId, wire: string): WireEvent[] {
  const frames = openFrames(dialectOf(dialect).contentType);
  return [...frames.push(new TextEncoder().encode(wire)), ...frames.end()];
}

/** What a provider of this dialect sends for these steps of an answer. */
function sent(dialect: DialectId, parts: readonly StreamPart[], end = true): WireEvent[] {
  const encoder = dialectOf(dialect).openEncoder(meta);
  const wire = parts.map((part) => encoder.push(part)).join("");
  return events(dialect, wire + (end ? encoder.end() : ""));
}

/** What a caller of this dialect reads out of it. */
function read(dialect: DialectId, wire: string) {
  const decoder = dialectOf(dialect).openDecoder();
  const parts = [
    ...events(dialect, wire).flatMap((event) => decoder.push(event)),
    ...decoder.end(),
  ];
  const of = <T extends StreamPart["type"]>(type: T) =>
    parts.filter((part): part is Extract<StreamPart, { type: T }> => part.type === type);
  return {
    text: of("text-delta")
      .map(({ text }) => text)
      .join(""),
    reasoning: of("reasoning-delta")
      .map(({ text }) => text)
      .join(""),
    tool: of("tool-input-delta")
      .map(({ delta }) => delta)
      .join(""),
    finish: of("finish").at(-1),
    errors: of("error"),
  };
}

/** A screen that lets everything pass, says what it was given, and can be told otherwise. */
class Glass {
  seen: string[] = [];
  closed: string[] = [];
  blockedBy: string | undefined;
  readonly #runs = new Set<string>();

  push(key: string, channel: string, text: string): string {
    this.#runs.add(key);
    this.seen.push(`${channel} ${text}`);
    return this.pass(text, key);
  }
  pass(text: string, _key: string): string {
    return text;
  }
  close(key: string): string {
    this.#runs.delete(key);
    this.closed.push(key);
    return this.rest(key);
  }
  rest(_key: string): string {
    return "";
  }
  get openKeys(): string[] {
    return [...this.#runs];
  }
}

/** Holds all text back until its run is over. */
class Dam extends Glass {
  readonly #held = new Map<string, string>();
  override pass(text: string, key: string): string {
    this.#held.set(key, (this.#held.get(key) ?? "") + text);
    return "";
  }
  override rest(key: string): string {
    const held = this.#held.get(key) ?? "";
    this.#held.delete(key);
    return held;
  }
}

function relaying(from: DialectId, to: DialectId, screen = new Glass(), more = {}) {
  const books = {
    usage: undefined as Settlement["usage"],
    finish: undefined as Settlement["finish"],
    servedModel: undefined as Settlement["servedModel"],
    heard: 0,
    hear: (tokens: number) => void (books.heard += tokens),
  };
  const relay = openRelay(
    dialectOf(from),
    dialectOf(to),
    screen as unknown as Screen,
    books as unknown as Settlement,
    { ...meta, ...more },
  );
  return { relay, books, screen };
}

const pushAll = (relay: Relay, all: readonly WireEvent[]): string =>
  all.map((event) => relay.push(event)).join("");

const pairs = dialects.flatMap((from) => dialects.map((to) => [from, to] as const));

describe.each(dialects)("within %s", (dialect) => {
  it("a stream that nobody changes is the same bytes", () => {
    const all = sent(dialect, hello);
    const { relay } = relaying(dialect, dialect);
    expect(pushAll(relay, all) + relay.end()).toBe(all.map(({ raw }) => raw).join(""));
  });

  it("text that is changed on the way leaves changed, and nothing of the old", () => {
    const screen = new Glass();
    screen.pass = (text) => text.replace("there", "[hidden]");
    const { relay } = relaying(dialect, dialect, screen);
    const wire = pushAll(relay, sent(dialect, hello)) + relay.end();
    expect(read(dialect, wire).text).toBe("Hello [hidden].");
    expect(wire).not.toContain("there");
  });
});

it.each(pairs)("%s for a caller of %s says the same, and the books know it", (from, to) => {
  const { relay, books, screen } = relaying(from, to);
  const wire = pushAll(relay, sent(from, hello)) + relay.end();
  expect(read(to, wire)).toMatchObject({ text: "Hello there.", errors: [] });
  expect(read(to, wire).finish).toMatchObject({ finish: "stop", usage });
  expect(books).toMatchObject({ usage, finish: "stop", servedModel: "served" });
  // Dialects whose events tell the whole once more have that scanned, too, behind the deltas.
  const [first, second, third, ...again] = screen.seen.filter((text) => text !== "assistant ");
  expect([first, second, third]).toEqual(["assistant Hello", "assistant  there", "assistant ."]);
  expect(new Set(again).size).toBeLessThanOrEqual(1);
  expect(relay.complete).toBe(true);
  expect(relay.deltas).toBe(screen.seen.length - again.length);
});

it.each(pairs)("%s for a caller of %s: what is held back leaves before its end", (from, to) => {
  const { relay } = relaying(from, to, new Dam());
  const wire = pushAll(relay, sent(from, hello)) + relay.end();
  expect(read(to, wire)).toMatchObject({ text: "Hello there.", errors: [] });
  expect(read(to, wire).finish).toMatchObject({ finish: "stop" });
});

it.each(pairs)("%s for a caller of %s is not whole before its provider says so", (from, to) => {
  const { relay } = relaying(from, to);
  pushAll(relay, sent(from, textOf("Hello"), false));
  expect(relay.complete).toBe(false);
});

it.each(dialects)("%s that just ends leaves what was held back of it, within its dialect", (id) => {
  const { relay } = relaying(id, id, new Dam());
  const before = pushAll(relay, sent(id, textOf("Hello").slice(0, -1), false));
  expect(read(id, before).text).toBe("");
  expect(read(id, before + relay.end()).text).toBe("Hello");
  expect(relay.complete).toBe(false);
});

it("a stream of another dialect that just ends is a failure, not an answer", () => {
  const { relay } = relaying("anthropic-messages", "openai-chat");
  pushAll(relay, sent("anthropic-messages", textOf("Hello").slice(0, -1), false));
  expect(() => relay.end()).toThrow("The provider failed in its stream");
});

it.each([
  ["openai-chat", "openai-chat"],
  ["openai-chat", "anthropic-messages"],
] as const)("an error in a stream of %s is thrown to whoever serves %s", (from, to) => {
  const { relay } = relaying(from, to);
  const error = { error: { message: "overloaded", code: "busy" } };
  const [event] = events(from, `data: ${JSON.stringify(error)}\n\n`);
  expect(() => relay.push(event as WireEvent)).toThrow(
    expect.objectContaining({
      code: "provider_error",
      message: "The provider failed in its stream: overloaded",
    }),
  );
});

it("usage that the caller did not ask for is booked and not told, where that is a choice", () => {
  const { relay, books } = relaying("openai-chat", "openai-chat", new Glass(), {
    includeUsage: false,
  });
  const wire = pushAll(relay, sent("openai-chat", hello)) + relay.end();
  expect(wire).not.toContain("usage");
  expect(wire).toContain("[DONE]");
  expect(books.usage).toEqual(usage);
});

it.each([
  ["openai-chat", "openai-chat"],
  ["openai-chat", "anthropic-messages"],
  ["anthropic-messages", "anthropic-messages"],
  ["google-generate", "openai-chat"],
] as const)("%s for a caller of %s can be ended early, well-formed", (from, to) => {
  for (const reason of ["length", "content_filter"] as const) {
    const { relay, books } = relaying(from, to);
    const begun = pushAll(relay, sent(from, textOf("Hello").slice(0, -1), false));
    books.usage = usage;
    const got = read(to, begun + relay.finish(reason));
    expect(got).toMatchObject({ text: "Hello", errors: [] });
    expect(got.finish?.usage?.outputTokens).toBe(3);
    // Anthropic's word for a refusal and for a cut are its own; both are read back.
    expect(got.finish?.finish).toBe(reason);
  }
});

it("thoughts and a tool's arguments go to the screen as what they are, across dialects", () => {
  const parts: StreamPart[] = [
    { type: "response-metadata", id: "a", model: "served" },
    { type: "reasoning-start", id: "r" },
    { type: "reasoning-delta", id: "r", text: "I think" },
    { type: "reasoning-end", id: "r" },
    { type: "tool-input-start", id: "call", name: "look" },
    { type: "tool-input-delta", id: "call", delta: '{"at":1}' },
    { type: "tool-input-end", id: "call" },
    { type: "finish", finish: "tool_calls", usage },
  ];
  for (const screen of [new Glass(), new Dam()]) {
    const { relay } = relaying("anthropic-messages", "openai-responses", screen);
    const wire = pushAll(relay, sent("anthropic-messages", parts)) + relay.end();
    expect(screen.seen.filter((text) => !text.endsWith(" "))).toEqual([
      "reasoning I think",
      'tool-arguments {"at":1}',
    ]);
    expect(read("openai-responses", wire)).toMatchObject({
      reasoning: "I think",
      tool: '{"at":1}',
    });
  }
});

it.each(dialects)("%s: what its last text shows to be forbidden gives it another end", (id) => {
  const screen = new Dam();
  screen.rest = () => {
    screen.blockedBy = "secrets";
    return "";
  };
  const { relay } = relaying(id, id, screen);
  let wire = "";
  for (const event of sent(id, hello)) {
    wire += relay.push(event);
    if (screen.blockedBy !== undefined) break;
  }
  const got = read(id, wire + relay.finish("content_filter"));
  expect(got).toMatchObject({ text: "", errors: [] });
  expect(got.finish?.finish).toBe("content_filter");
  expect(wire).not.toMatch(/"stop"|STOP|end_turn|DONE|completed"/);
});

it.each(pairs)(
  "%s for a caller of %s: the books hear no less than each text's bytes",
  (from, to) => {
    const { relay, books } = relaying(from, to, new Dam());
    const told = sent(from, textOf("é".repeat(700), "there").slice(0, -1), false);
    pushAll(relay, told);
    expect(books.heard).toBeGreaterThanOrEqual(1_405);
    // A text's framing is nobody's tokens; what else there is has no more of it than its own length.
    const [one = 0, two = 0] = [1, 2].map((times) => {
      const other = relaying(from, to, new Dam());
      const texts = Array.from({ length: times }, () => "1234");
      pushAll(other.relay, sent(from, textOf(...texts).slice(0, -1), false));
      return other.books.heard;
    });
    expect(two - one).toBe(4);
  },
);

it("after a rule has blocked, nothing more of what the provider said leaves", () => {
  const screen = new Glass();
  const { relay } = relaying("ollama-chat", "openai-chat", screen);
  // One line of Ollama's last event holds text and the end.
  screen.pass = (text) => {
    screen.blockedBy = "secrets";
    return text === "Hello" ? "" : text;
  };
  const wire = pushAll(relay, sent("ollama-chat", hello));
  expect(wire).not.toContain("there");
  expect(wire).not.toContain('"finish_reason":"stop"');
  expect(relay.complete).toBe(false);
});
