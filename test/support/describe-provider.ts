/**
 * The conformance suites every dialect and every provider passes. A new one hands in its fixtures
 * and gets these claims tested; see docs/how-to/add-a-provider.md.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Usage } from "#events/money.ts";
import type { ChatRequest, ChatResponse, FinishReason, StreamPart } from "#providers/chat.ts";
import type {
  Dialect,
  Json,
  JsonObject,
  Provider,
  Result,
  StreamTap,
  UpstreamDialect,
  WireError,
  WireEvent,
} from "#providers/types.ts";
import { openSplitter } from "#providers/wire.ts";

const SEED = 20_261_121;

export interface Answer {
  text: string;
  reasoning?: string;
  calls?: { name: string; input: string }[];
  finish: FinishReason;
  usage?: Usage;
}

export interface DialectFixtures {
  dialect: Dialect;
  /** The model and whether to stream stand in the URL: bodies that are sent on lack both. */
  inUrl?: boolean;
  /** `exact`: encode(decode(body)) gives the very same body. */
  requests: { name: string; body: JsonObject; exact?: boolean }[];
  /** Texts that must be among the slots of a request, wherever they stand. */
  requestTexts: { body: JsonObject; texts: string[] };
  responses: { name: string; body: JsonObject; answer: Answer }[];
  streams: { name: string; wire: string; answer: Answer }[];
  /** A stream that begins well and then carries an error. */
  errorInside: string;
  /** One event that is not JSON. */
  malformed: string;
}

const ERROR: WireError = {
  status: 429,
  code: "rate_limited",
  type: "rate_limit_error",
  message: "60 requests a minute are used up",
  requestId: "req-1",
};

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.field}: ${result.error.message}`);
  return result.value;
}

export function clone<T extends Json>(value: T): T {
  return structuredClone(value);
}

/** Cuts wire text into events, chunked at the given positions. */
export function split(dialect: UpstreamDialect, wire: string, ...cuts: number[]): WireEvent[] {
  const splitter = openSplitter(dialect.contentType);
  const events: WireEvent[] = [];
  let from = 0;
  for (const cut of [...cuts, wire.length]) {
    events.push(...splitter.push(wire.slice(from, cut)));
    from = cut;
  }
  return [...events, ...splitter.end()];
}

export function decodeStream(dialect: UpstreamDialect, wire: string): StreamPart[] {
  return decodeEvents(dialect, split(dialect, wire));
}

function decodeEvents(dialect: UpstreamDialect, events: WireEvent[]): StreamPart[] {
  const decoder = dialect.openDecoder();
  const parts = events.flatMap((event) => decoder.push(event));
  return [...parts, ...decoder.end()];
}

export function encodeStream(dialect: Dialect, parts: StreamPart[], includeUsage = true): string {
  const encoder = dialect.openEncoder({
    requestId: "r1",
    model: "model-1",
    createdAtMs: 1_700_000_000_000,
    includeUsage,
  });
  return parts.map((part) => encoder.push(part)).join("") + encoder.end();
}

/** What a stream said in the end. */
export function answerOf(parts: StreamPart[]): Answer & { error?: string } {
  const answer: Answer & { error?: string } = { text: "", finish: "other" };
  const calls = new Map<string, { name: string; input: string }>();
  for (const part of parts) {
    if (part.type === "text-delta") answer.text += part.text;
    if (part.type === "reasoning-delta") answer.reasoning = (answer.reasoning ?? "") + part.text;
    if (part.type === "tool-input-start") calls.set(part.id, { name: part.name, input: "" });
    if (part.type === "tool-input-delta") {
      const call = calls.get(part.id);
      if (call) call.input += part.delta;
    }
    if (part.type === "error") answer.error = part.code;
    if (part.type === "finish") {
      answer.finish = part.finish;
      if (part.usage) answer.usage = part.usage;
    }
  }
  if (calls.size > 0) answer.calls = [...calls.values()];
  return answer;
}

export function answerOfResponse(response: ChatResponse): Answer {
  const answer: Answer = { text: "", finish: response.finish };
  const calls: { name: string; input: string }[] = [];
  for (const part of response.parts) {
    if (part.type === "text") answer.text += part.text;
    else if (part.type === "reasoning") answer.reasoning = (answer.reasoning ?? "") + part.text;
    else calls.push({ name: part.name, input: part.input });
  }
  if (calls.length > 0) answer.calls = calls;
  if (response.usage) answer.usage = response.usage;
  return answer;
}

/** Pumps a stream through a tap as the edge does; `edit` rewrites the text of one key's deltas. */
export function pump(
  tap: StreamTap,
  events: WireEvent[],
  edit: { push(key: string, text: string): string; end(key: string): string },
): string {
  let wire = "";
  for (const event of events) {
    const step = tap.read(event);
    for (const slot of step.slots) slot.replace(edit.push(slot.key, slot.text));
    for (const key of step.closes) {
      const tail = edit.end(key);
      if (tail !== "") wire += tap.delta(key, tail);
    }
    wire += step.wire();
  }
  return wire;
}

export function describeDialect(fixtures: DialectFixtures): void {
  describe(`the ${fixtures.dialect.id} dialect`, () => {
    describeRequests(fixtures);
    describeResponses(fixtures);
    describeStreams(fixtures);
    describeBrokenStreams(fixtures);
    describeErrors(fixtures);
  });
}

function describeRequests({ dialect, requests, requestTexts, inUrl }: DialectFixtures): void {
  for (const { name, body, exact } of requests) {
    it(`reads what admission needs of a request with ${name}`, () => {
      const view = valueOf(dialect.parseRequest(body));
      expect(view.model).not.toBe("");
      expect(view.choices).toBeGreaterThan(0);
    });

    it(`keeps ${name} through the union and back`, () => {
      const decoded = valueOf(dialect.decodeRequest(clone(body)));
      const encoded = valueOf(dialect.encodeRequest(decoded));
      const { model = "", stream = false, ...rest } = clone(body);
      if (exact) expect(encoded).toEqual(inUrl ? rest : body);
      const again = inUrl ? { ...encoded, model, stream } : encoded;
      expect(valueOf(dialect.decodeRequest(clone(again)))).toEqual(decoded);
    });

    it(`prepares ${name} without touching the caller's body`, () => {
      const before = clone(body);
      const to = { model: "served-model", maxOutputTokens: 77, stream: true };
      const prepared = dialect.prepare(body, to);
      expect(body).toEqual(before);
      expect(JSON.stringify(prepared)).toContain("77");
    });
  }

  it("shows every text of a request, and replaces each in place", () => {
    const body = clone(requestTexts.body);
    const slots = dialect.requestTexts(body);
    const seen = slots.map((slot) => slot.text);
    for (const text of requestTexts.texts) expect(seen).toContain(text);
    slots.forEach((slot, at) => slot.replace(`<${at}>`));
    const written = JSON.stringify(body);
    for (const text of requestTexts.texts) expect(written).not.toContain(text);
    expect(new Set(dialect.requestTexts(body).map((slot) => slot.text))).toEqual(
      new Set(slots.map((_, at) => `<${at}>`)),
    );
  });

  it("answers any JSON with a value or a refusal that names a field", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const result = dialect.parseRequest(value as Json);
        if (!result.ok) expect(result.error.field).not.toBe("");
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it("decodes any damaged request to a value or a refusal, never to a throw", () => {
    const bodies = requests.map((request) => request.body);
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.nat(), fc.jsonValue(), (body, at, junk) => {
        const damaged = damage(clone(body), at, junk as Json);
        const result = dialect.decodeRequest(damaged);
        if (result.ok) dialect.encodeRequest(result.value);
        else expect(result.error.field).not.toBe("");
        dialect.requestTexts(damaged).forEach((slot) => slot.replace("x"));
      }),
      { seed: SEED, numRuns: 400 },
    );
  });
}

/** Puts junk at the n-th place of a body. */
function damage(body: JsonObject, at: number, junk: Json): JsonObject {
  const places: (() => void)[] = [];
  const walk = (value: Json): void => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      const box = value as JsonObject;
      places.push(() => {
        box[key] = junk;
      });
      walk(box[key] ?? null);
    }
  };
  walk(body);
  places[at % Math.max(places.length, 1)]?.();
  return body;
}

function describeResponses({ dialect, responses }: DialectFixtures): void {
  for (const { name, body, answer } of responses) {
    it(`reads an answer with ${name}, its usage and its finish`, () => {
      const response = valueOf(dialect.decodeResponse(clone(body)));
      expect(answerOfResponse(response)).toEqual(answer);
      const meta = dialect.responseMeta(body);
      expect(meta.usage).toEqual(answer.usage);
      expect(meta.finish).toBe(answer.finish);
    });

    it(`keeps an answer with ${name} through the union and back`, () => {
      const decoded = valueOf(dialect.decodeResponse(clone(body)));
      const encoded = dialect.encodeResponse(decoded);
      expect(valueOf(dialect.decodeResponse(encoded))).toEqual(decoded);
    });

    it(`replaces every text of an answer with ${name}`, () => {
      const edited = clone(body);
      for (const slot of dialect.responseTexts(edited)) slot.replace("");
      const after = answerOfResponse(valueOf(dialect.decodeResponse(edited)));
      expect(after.text).toBe("");
      expect(after.reasoning ?? "").toBe("");
    });
  }

  it("refuses an answer that is none", () => {
    for (const body of [null, [], "x", {}, { error: { message: "no" } }] as Json[]) {
      expect(dialect.decodeResponse(body).ok).toBe(false);
    }
  });
}

const KEEP = { push: (_key: string, text: string) => text, end: () => "" };

function describeStreams({ dialect, streams }: DialectFixtures): void {
  for (const { name, wire, answer } of streams) {
    it(`passes a stream with ${name} byte for byte, split anywhere, and reads it the same`, () => {
      const whole = decodeStream(dialect, wire);
      expect(answerOf(whole)).toEqual(answer);
      for (let cut = 0; cut <= wire.length; cut += 1) {
        const events = split(dialect, wire, cut);
        expect(pump(dialect.openTap(), events, KEEP)).toBe(wire);
        if (cut % 7 === 0) expect(decodeEvents(dialect, events)).toEqual(whole);
      }
    });

    it(`tells usage, finish and the end of a stream with ${name}`, () => {
      const tap = dialect.openTap();
      const steps = split(dialect, wire).map((event) => tap.read(event));
      expect(steps.findLast((step) => step.usage)?.usage).toEqual(answer.usage);
      expect(steps.findLast((step) => step.finish)?.finish).toBe(answer.finish);
      expect(steps.some((step) => step.done)).toBe(true);
      const opened = new Set(steps.flatMap((step) => step.slots.map((slot) => slot.key)));
      expect(new Set(steps.flatMap((step) => step.closes))).toEqual(opened);
    });

    it(`writes replaced text of a stream with ${name} exactly`, () => {
      const edit = { push: (_key: string, text: string) => `«${text}»`, end: () => "" };
      const edited = pump(dialect.openTap(), split(dialect, wire), edit);
      const after = answerOf(decodeStream(dialect, edited));
      expect(after.text.replaceAll(/[«»]/g, "")).toBe(answer.text);
      if (answer.text !== "") expect(after.text.startsWith("«")).toBe(true);
      expect(after.finish).toBe(answer.finish);
      expect(after.usage).toEqual(answer.usage);
    });

    it(`loses nothing of a stream with ${name} when all text is held back to the end`, () => {
      const held = new Map<string, string>();
      const edited = pump(dialect.openTap(), split(dialect, wire), {
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
      expect(answerOf(decodeStream(dialect, edited))).toEqual(answer);
    });

    it(`keeps a stream with ${name} through the parts and back`, () => {
      const parts = decodeStream(dialect, wire);
      const again = encodeStream(dialect, parts);
      expect(answerOf(decodeStream(dialect, again))).toEqual(answer);
    });
  }
}

function describeBrokenStreams(fixtures: DialectFixtures): void {
  const { dialect, streams, malformed, errorInside } = fixtures;
  for (const { name, wire } of streams) {
    it(`calls a stream with ${name} cut wherever it is cut, and ends it well-formed`, () => {
      const events = split(dialect, wire);
      for (let count = 0; count < events.length; count += 1) {
        const tap = dialect.openTap();
        const steps = events.slice(0, count).map((event) => tap.read(event));
        if (steps.some((step) => step.finish ?? step.done)) break;
        const head = steps.map((step) => step.wire()).join("");
        expect(answerOf(decodeStream(dialect, head)).error).toBe("stream_cut");
        const usage: Usage = { inputTokens: 5, outputTokens: 3 };
        const ended = answerOf(decodeStream(dialect, head + tap.finish("content_filter", usage)));
        expect(ended.error).toBeUndefined();
        expect(ended.finish).toBe("content_filter");
        expect(ended.usage).toEqual(usage);
      }
    });
  }

  it("does not pass on an event it cannot read", () => {
    const [event] = split(dialect, malformed);
    const step = dialect.openTap().read(event as WireEvent);
    expect(step.error?.code).toBe("malformed_stream_event");
    expect(step.wire()).toBe("");
    expect(answerOf(decodeStream(dialect, malformed)).error).toBe("malformed_stream_event");
  });

  it("tells an error inside a stream that began well", () => {
    const tap = dialect.openTap();
    const steps = split(dialect, errorInside).map((event) => tap.read(event));
    expect(steps.some((step) => step.error !== undefined)).toBe(true);
    expect(answerOf(decodeStream(dialect, errorInside)).error).toBeDefined();
  });

  it("takes any JSON event without a throw", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 4 }), (values) => {
        const tap = dialect.openTap();
        const decoder = dialect.openDecoder();
        for (const value of values) {
          const data = JSON.stringify(value);
          const event: WireEvent = { raw: `data: ${data}\n\n`, data };
          for (const slot of tap.read(event).slots) slot.replace("x");
          decoder.push(event);
        }
        decoder.end();
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
}

function describeErrors({ dialect }: DialectFixtures): void {
  it("writes an error with its message and, where the dialect has a place for it, its code", () => {
    const body = JSON.stringify(dialect.encodeError(ERROR));
    expect(body).toContain(ERROR.message);
  });

  it("ends a stream with an error its own decoder reads as one", () => {
    const answer = answerOf(decodeStream(dialect, dialect.encodeStreamError(ERROR)));
    expect(answer.error).toBeDefined();
    const parts: StreamPart[] = [
      { type: "text-start", id: "t" },
      { type: "text-delta", id: "t", text: "half" },
      { type: "error", code: "upstream_cut", message: "gone" },
    ];
    const cut = answerOf(decodeStream(dialect, encodeStream(dialect, parts)));
    expect(cut.text).toBe("half");
    expect(cut.error).toBeDefined();
  });
}

export interface UpstreamFixtures {
  dialect: UpstreamDialect;
  requests: { name: string; request: ChatRequest; body: JsonObject }[];
  /** What cannot cross, with the field that its refusal names. */
  refused: { name: string; request: Partial<ChatRequest>; field: string }[];
  responses: { name: string; body: JsonObject; answer: Answer }[];
  streams: { name: string; wire: string; answer: Answer }[];
  errorInside: { wire: string; code: string };
  malformed: string;
}

/** The suite of a dialect that only providers are spoken to in. */
export function describeUpstream(fixtures: UpstreamFixtures): void {
  const { dialect, requests, refused, responses } = fixtures;
  describe(`the ${dialect.id} dialect`, () => {
    for (const { name, request, body } of requests) {
      it(`writes a request with ${name}`, () => {
        expect(valueOf(dialect.encodeRequest(structuredClone(request)))).toEqual(body);
      });

      it(`prepares a request with ${name} without touching it, its output capped`, () => {
        const before = clone(body);
        const to = { model: "served-model", maxOutputTokens: 77, stream: true };
        expect(JSON.stringify(dialect.prepare(body, to))).toContain("77");
        expect(body).toEqual(before);
      });
    }

    for (const { name, request, field } of refused) {
      it(`refuses ${name} by name`, () => {
        const result = dialect.encodeRequest({ ...plainRequest, ...request });
        expect(result).toMatchObject({ ok: false, error: { field } });
      });
    }

    for (const { name, body, answer } of responses) {
      it(`reads an answer with ${name}, its usage and its finish`, () => {
        expect(answerOfResponse(valueOf(dialect.decodeResponse(clone(body))))).toEqual(answer);
        const meta = dialect.responseMeta(body);
        expect([meta.usage, meta.finish]).toEqual([answer.usage, answer.finish]);
      });
    }

    it("refuses an answer that is none", () => {
      for (const body of [null, [], "x", {}, { message: "no" }] as Json[]) {
        expect(dialect.decodeResponse(body).ok).toBe(false);
      }
    });

    describeUpstreamStreams(fixtures);
  });
}

/** The least that can be asked. */
export const plainRequest: ChatRequest = {
  model: "model-1",
  system: [],
  messages: [{ role: "user", parts: [{ type: "text", text: "Hi" }] }],
  stream: false,
  tools: [],
};

function describeUpstreamStreams(fixtures: UpstreamFixtures): void {
  const { dialect, streams, errorInside, malformed } = fixtures;
  for (const { name, wire, answer } of streams) {
    it(`reads a stream with ${name} the same, split anywhere`, () => {
      const whole = decodeStream(dialect, wire);
      expect(answerOf(whole)).toEqual(answer);
      for (let cut = 0; cut <= wire.length; cut += 1) {
        expect(decodeEvents(dialect, split(dialect, wire, cut))).toEqual(whole);
      }
    });

    it(`calls a stream with ${name} cut wherever it is cut before its finish`, () => {
      const events = split(dialect, wire);
      const finishAt = events.findIndex((_, at) => {
        const parts = decodeEvents(dialect, events.slice(0, at + 1));
        return parts.every((part) => part.type !== "error");
      });
      expect(finishAt).toBeGreaterThan(0);
      const cut = decodeEvents(dialect, events.slice(0, finishAt));
      expect(answerOf(cut).error).toBe("stream_cut");
    });
  }

  it("tells an error inside a stream that began well", () => {
    expect(answerOf(decodeStream(dialect, errorInside.wire)).error).toBe(errorInside.code);
  });

  it("tells an event that it cannot read", () => {
    expect(answerOf(decodeStream(dialect, malformed)).error).toBe("malformed_stream_event");
  });

  it("takes any JSON event of any name without a throw", () => {
    const names = streams.flatMap(({ wire }) => split(dialect, wire).map(({ event }) => event));
    const event = fc.tuple(fc.constantFrom(...new Set(names)), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), (events) => {
        const decoder = dialect.openDecoder();
        for (const [name, value] of events) {
          const data = JSON.stringify(value);
          decoder.push({ raw: data, data, ...(name !== undefined && { event: name }) });
        }
        decoder.end();
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
}

export interface ProviderFixtures {
  provider: Provider;
  baseUrl: string;
  url: string;
  /** The header that carries the credential "secret-1". */
  credential: [string, string];
  errors: {
    status: number;
    body: string;
    headers?: Record<string, string>;
    code: string;
    message: string;
    retryable: boolean;
  }[];
}

export function describeProvider(fixtures: ProviderFixtures): void {
  const { provider, baseUrl, url, credential, errors } = fixtures;
  const call = (headers: Record<string, string>, secret: string | undefined) =>
    provider.request({
      baseUrl,
      model: "model-1",
      stream: false,
      credential: secret,
      callerHeaders: new Headers(headers),
    });

  describe(`the provider ${provider.id}`, () => {
    it("calls its own URL below any base URL, with the credential where it belongs", () => {
      const { url: called, headers } = call({}, "secret-1");
      expect(called).toBe(url);
      expect(headers[credential[0]]).toBe(credential[1]);
      expect(provider.request({ ...BLANK, baseUrl: `${baseUrl}/` }).url).toBe(url);
    });

    it("forwards no key, cookie, cf- or own header of the caller", () => {
      const foreign = {
        authorization: "Bearer caller",
        "x-api-key": "caller",
        "x-goog-api-key": "caller",
        "api-key": "caller",
        cookie: "session=caller",
        "cf-aig-authorization": "Bearer caller",
        "cf-connecting-ip": "caller",
        "x-tallygate-action": "caller",
        "x-forwarded-for": "caller",
        host: "caller",
      };
      const { headers } = call(foreign, undefined);
      expect(JSON.stringify(headers)).not.toContain("caller");
    });

    for (const { status, body, headers, code, message, retryable } of errors) {
      it(`reads a ${status} as ${code}, ${retryable ? "worth" : "not worth"} another try`, () => {
        const error = provider.decodeError(status, body, new Headers(headers));
        expect(error).toEqual({ code, message, retryable });
      });
    }

    it("reads a 500 that is no JSON, and how long it is asked to wait", () => {
      const error = provider.decodeError(500, "<html>", new Headers({ "retry-after": "2" }));
      expect(error).toMatchObject({ code: "http_500", retryable: true, retryAfterMs: 2000 });
      const exact = provider.decodeError(429, "", new Headers({ "retry-after-ms": "125" }));
      expect(exact.retryAfterMs).toBe(125);
    });
  });
}

const BLANK = {
  model: "model-1",
  stream: false,
  credential: undefined,
  callerHeaders: new Headers(),
};
