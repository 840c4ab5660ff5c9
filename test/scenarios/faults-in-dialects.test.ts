/**
 * A provider's faults in each dialect, for callers of its own words and of others: each is told as
 * what it is, in the caller's words, and after all of them the budget holds what the entries say.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type SealedEvent, unseal } from "#events/envelope.ts";
import { openFrames } from "#providers/frames.ts";
import { asString } from "#providers/json.ts";
import { dialectOf } from "#providers/registry.ts";
import type { DialectId, Json } from "#providers/types.ts";
import { anthropicFixtures } from "../fixtures/providers/anthropic-messages.ts";
import { googleFixtures } from "../fixtures/providers/google-generate.ts";
import { ollamaFixtures } from "../fixtures/providers/ollama-chat.ts";
import { openaiFixtures } from "../fixtures/providers/openai-chat.ts";
import { responsesFixtures } from "../fixtures/providers/openai-responses.ts";
import { ask, auditEntry, type Answer } from "../support/client.ts";
import { split } from "../support/describe-provider.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  noonZone,
  startScriptedUpstream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

type Caller =
  | "openai-chat"
  | "anthropic-messages"
  | "google-generate"
  | "ollama-chat"
  | "openai-responses";

interface Kind {
  dialect: Caller;
  /** Where it is asked below its base URL. */
  path: RegExp;
  base: string;
  fixtures: { streams: { wire: string; answer: { text: string } }[] };
  /** An error in its own words, as a body and as an event. */
  error: Json;
}

const message = "overloaded";
const KINDS: Record<string, Kind> = {
  openai: {
    dialect: "openai-chat",
    path: /^\/v1\/chat\/completions$/,
    base: "/v1",
    fixtures: openaiFixtures,
    error: { error: { message, code: "server_error" } },
  },
  anthropic: {
    dialect: "anthropic-messages",
    path: /^\/v1\/messages$/,
    base: "",
    fixtures: anthropicFixtures,
    error: { type: "error", error: { type: "overloaded_error", message } },
  },
  google: {
    dialect: "google-generate",
    path: /^\/v1beta\/models\//,
    base: "",
    fixtures: googleFixtures,
    error: { error: { code: 503, message, status: "UNAVAILABLE" } },
  },
  ollama: {
    dialect: "ollama-chat",
    path: /^\/api\/chat$/,
    base: "",
    fixtures: ollamaFixtures,
    error: { error: message },
  },
  perplexity: {
    dialect: "openai-responses",
    path: /^\/v1\/responses$/,
    base: "/v1",
    fixtures: responsesFixtures,
    error: { type: "error", code: "server_error", message },
  },
};
const kinds = Object.keys(KINDS);
const kindOf = (path: string): Kind => Object.values(KINDS).find((kind) => kind.path.test(path))!;

const messages = [{ role: "user", content: "hi" }];
const CALLERS: Record<Caller, (model: string, stream: boolean) => { path: string; body: object }> =
  {
    "openai-chat": (model, stream) => ({
      path: "/v1/chat/completions",
      body: { model, stream, messages, max_tokens: 100 },
    }),
    "anthropic-messages": (model, stream) => ({
      path: "/v1/messages",
      body: { model, stream, messages, max_tokens: 100 },
    }),
    "google-generate": (model, stream) => ({
      path: `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
      body: {
        contents: [{ role: "user", parts: [{ text: "hi" }] }],
        generationConfig: { maxOutputTokens: 100 },
      },
    }),
    "ollama-chat": (model, stream) => ({
      path: "/api/chat",
      body: { model, stream, messages, options: { num_predict: 100 } },
    }),
    "openai-responses": (model, stream) => ({
      path: "/v1/responses",
      body: { model, stream, input: "hi", max_output_tokens: 100 },
    }),
  };

/** The stream's events up to its first content, and how many of them say nothing of the answer. */
function beginning({ dialect, fixtures }: Kind) {
  const { wire } = fixtures.streams[0]!;
  const events = split(dialectOf(dialect), wire);
  const decoder = dialectOf(dialect).openDecoder();
  const tap = dialectOf(dialect).openTap();
  const text = events.findIndex((event) =>
    decoder.push(event).some(({ type }) => type === "text-delta"),
  );
  // A search that a provider tells of is content of its own dialect.
  const content = events.findIndex((event) => tap.read(event).slots.some((slot) => slot.text));
  const raws = events.map(({ raw }) => raw);
  return { wire, silent: raws.slice(0, content), begun: raws.slice(0, text + 1) };
}

const event = ({ dialect }: Kind, body: Json): string =>
  dialect === "ollama-chat"
    ? `${JSON.stringify(body)}\n`
    : `event: error\ndata: ${JSON.stringify(body)}\n\n`;

const opens = (response: Parameters<Script>[1], { dialect }: Kind): void => {
  const type = dialect === "ollama-chat" ? "application/x-ndjson" : "text/event-stream";
  response.writeHead(200, { "content-type": type });
};

/** Writes, waits until that is sent, and breaks off. */
const breaksOff = (response: Parameters<Script>[1], text: string): void => {
  response.write(text, () => setTimeout(() => response.socket?.resetAndDestroy(), 20));
};

type Fault = (kind: Kind, response: Parameters<Script>[1]) => void;

const WHOLE: Record<string, Fault> = {
  hangs: () => {},
  resets: (_kind, response) => void response.destroy(),
  limits: ({ error }, response) => json(response, 429, error),
  "half-json": (_kind, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"id":"x","choi');
  },
  "other-json": (_kind, response) => json(response, 200, { hello: "there" }),
  "error-inside": ({ error }, response) => json(response, 200, error),
};

const STREAMED: Record<string, Fault> = {
  ends: (kind, response) => {
    opens(response, kind);
    response.end(beginning(kind).begun.join(""));
  },
  "breaks-off": (kind, response) => {
    opens(response, kind);
    breaksOff(response, beginning(kind).begun.join(""));
  },
  stalls: (kind, response) => {
    opens(response, kind);
    response.write(beginning(kind).begun.join(""));
  },
  "error-event": (kind, response) => {
    opens(response, kind);
    response.end(beginning(kind).begun.join("") + event(kind, kind.error));
  },
  "bad-event": (kind, response) => {
    opens(response, kind);
    const half = kind.dialect === "ollama-chat" ? "{half\n" : "data: {half\n\n";
    response.end(beginning(kind).begun.join("") + half);
  },
};

/** A stream that breaks before it said anything, at whoever is asked first. */
const SILENT: Record<string, Fault> = {
  "silent-end": (kind, response) => {
    opens(response, kind);
    response.end(beginning(kind).silent.join(""));
  },
  "silent-reset": (kind, response) => {
    opens(response, kind);
    breaksOff(response, beginning(kind).silent.join(""));
  },
  "silent-error": (kind, response) => {
    opens(response, kind);
    response.end(beginning(kind).silent.join("") + event(kind, kind.error));
  },
};

/** What stands in the model's name is what happens: `google.hangs`. */
const faultOf = (model: string): string => model.slice(model.indexOf(".") + 1);

let first: ScriptedUpstream;
let second: ScriptedUpstream;
let gateway: TestGateway;

const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };

beforeAll(async () => {
  first = await startScriptedUpstream(({ path, body }, response) => {
    const kind = kindOf(path);
    const model = asString(body["model"] as Json) ?? /models\/([^:]+):/.exec(path)?.[1] ?? "";
    const fault = { ...WHOLE, ...STREAMED, ...SILENT }[faultOf(model)];
    return fault?.(kind, response);
  });
  second = await startScriptedUpstream(({ path }, response) => {
    const kind = kindOf(path);
    opens(response, kind);
    response.end(beginning(kind).wire);
  });
  // Whoever is to be asked first has a circuit that no other fault has opened.
  const providers = kinds.flatMap((kind) =>
    ["1", "alone", ...Object.keys(SILENT)]
      .map((name): [string, ScriptedUpstream] => [name, first])
      .concat([["2", second]])
      .map(([name, { url }]) => [
        `${kind}-${name}`,
        { kind, baseUrl: `${url}${KINDS[kind]!.base}` },
      ]),
  );
  gateway = await startGateway({
    policy: {
      schema: 1,
      timeZone: noonZone,
      providers: Object.fromEntries(providers) as object,
      tiers: {
        standard: {
          candidates: kinds.map((kind) => ({
            provider: `${kind}-1`,
            serves: [`${kind}.*`],
          })),
        },
      },
      routes: [
        {
          name: "hanging",
          when: { models: ["*.hangs"] },
          candidates: kinds.map((kind) => ({
            provider: `${kind}-1`,
            serves: [`${kind}.*`],
            firstByteMs: 1_500,
          })),
        },
        {
          name: "stalling",
          when: { models: ["*.stalls"] },
          candidates: kinds.map((kind) => ({
            provider: `${kind}-1`,
            serves: [`${kind}.*`],
            betweenBytesMs: 1_500,
          })),
        },
        {
          name: "alone",
          when: { models: ["openai.alone"] },
          streamRetries: 2,
          candidates: [{ provider: "openai-alone", model: "openai.silent-end" }],
        },
        ...Object.keys(SILENT).map((fault) => ({
          name: fault,
          when: { models: [`*.${fault}`] },
          streamRetries: 1,
          candidates: kinds.flatMap((kind) => [
            { provider: `${kind}-${fault}`, serves: [`${kind}.*`], priority: 1 },
            { provider: `${kind}-2`, serves: [`${kind}.*`], priority: 2 },
          ]),
        })),
      ],
      prices: Object.fromEntries(kinds.map((kind) => [`${kind}.*`, price])) as object,
      budgets: [{ name: "month", limitUsd: 1_000 }],
    },
    env: Object.fromEntries(
      ["OPENAI", "ANTHROPIC", "GEMINI", "OLLAMA", "PERPLEXITY"].map((name) => [
        `${name}_API_KEY`,
        "upstream-key",
      ]),
    ),
  });
});
afterAll(async () => {
  await gateway.stop();
  await first.stop();
  await second.stop();
});

/** Each kind's own callers, and those of another dialect. */
const callersOf = (kind: string): Caller[] => {
  const { dialect } = KINDS[kind]!;
  return [dialect, dialect === "openai-chat" ? "anthropic-messages" : "openai-chat"];
};
const cases = kinds.flatMap((kind) => callersOf(kind).map((caller) => ({ kind, caller })));

interface Told {
  kind: string;
  caller: Caller;
  fault: string;
  answer: Answer;
  entry: Record<string, unknown>;
  /** By how much its hold was too small. */
  overrunNanos: unknown;
}

let bookedNanos = 0;

/** The entry of an answer, and what its settlement alone says. */
async function bookedOf({ headers }: Answer): Promise<Pick<Told, "entry" | "overrunNanos">> {
  const id = headers.get("x-request-id") ?? "";
  const entry = await auditEntry(gateway, id);
  bookedNanos += Number(entry["costNanos"]);
  const { json: raw } = await ask(`${gateway.url}/audit/events/${id}/raw`, {
    key: gateway.keys.auditor,
  });
  const events = (raw["events"] as SealedEvent[]).map((event) => unseal(event));
  const settled = events
    .filter(({ type }) => type === "RequestSettled")
    .map(({ data }) => data as { requestId: string; overrunNanos: number })
    .find(({ requestId }) => requestId === id);
  return { entry, overrunNanos: settled?.overrunNanos };
}

/** Every fault of these at every kind, for every caller: the answers, and then their entries. */
async function toldOf(faults: Record<string, Fault>, stream: boolean): Promise<Told[]> {
  const asked = cases.flatMap((one) => Object.keys(faults).map((fault) => ({ ...one, fault })));
  const answered = await Promise.all(
    asked.map(async (one) => {
      const { path, body } = CALLERS[one.caller](`${one.kind}.${one.fault}`, stream);
      const init = { method: "POST", key: gateway.keys.alice, body: JSON.stringify(body) };
      return { ...one, answer: await ask(`${gateway.url}${path}`, init) };
    }),
  );
  const told: Told[] = [];
  for (const one of answered) {
    told.push({ ...one, ...(await bookedOf(one.answer)) });
  }
  return told;
}

function readStream(caller: DialectId, { text }: Answer) {
  const frames = openFrames(dialectOf(caller).contentType);
  const decoder = dialectOf(caller).openDecoder();
  const events = [...frames.push(new TextEncoder().encode(text)), ...frames.end()];
  const parts = [...events.flatMap((one) => decoder.push(one)), ...decoder.end()];
  const said = parts.flatMap((part) => (part.type === "text-delta" ? [part.text] : []));
  const of = (type: string) => parts.filter((part) => part.type === type);
  return { text: said.join(""), errors: of("error"), finishes: of("finish") };
}

const sample = { status: 502, code: "x", type: "x", message: "x", requestId: "x" };

/** By fault: the status, and whether all that it may have cost is booked. */
const WHOLE_ENDS: Record<string, [number, boolean]> = {
  hangs: [504, true],
  resets: [502, false],
  limits: [429, false],
  "half-json": [502, true],
  "other-json": [502, true],
  "error-inside": [502, true],
};

it("a provider that does not answer as it should is told as that, and booked with what it may have cost", async () => {
  for (const { kind, caller, fault, answer, entry, overrunNanos } of await toldOf(WHOLE, false)) {
    const at = [kind, caller, fault];
    const [status, isPaid] = WHOLE_ENDS[fault]!;
    expect([at, answer.status]).toEqual([at, status]);
    const shape = dialectOf(caller).encodeError(sample);
    expect([at, ...Object.keys(answer.json)]).toEqual([at, ...Object.keys(shape)]);
    expect(answer.text).toContain(answer.headers.get("x-request-id"));
    expect(entry).toMatchObject({ outcome: "failed", modelAsked: `${kind}.${fault}` });
    expect([at, entry["outputTokens"] ?? 0]).toEqual([at, isPaid ? 100 : 0]);
    if (!isPaid) expect([at, entry["costNanos"]]).toEqual([at, 0]);
    expect([at, overrunNanos]).toEqual([at, 0]);
  }
});

it("a stream that breaks ends with an error after what came, and that is booked", async () => {
  for (const { kind, caller, fault, answer, entry, overrunNanos } of await toldOf(STREAMED, true)) {
    const at = [kind, caller, fault];
    const { answer: whole } = KINDS[kind]!.fixtures.streams[0]!;
    const { text, errors, finishes } = readStream(caller, answer);
    expect([at, answer.status, finishes]).toEqual([at, 200, []]);
    expect(errors[0]).toMatchObject({ type: "error" });
    // A reset may overtake what was sent before it.
    if (fault !== "breaks-off") expect([at, text]).not.toEqual([at, ""]);
    expect(whole.text.startsWith(text)).toBe(true);
    expect([at, entry["outcome"], entry["estimated"]]).toEqual([at, "failed", true]);
    // Every token that came has a byte at least.
    const tokens = Number(entry["outputTokens"]);
    expect([at, tokens >= Buffer.byteLength(text) && tokens <= 100]).toEqual([at, true]);
    expect([at, overrunNanos]).toEqual([at, 0]);
  }
});

it("a stream that breaks before it has said anything is begun anew by the next, where policy says so", async () => {
  for (const { kind, caller, fault, answer, entry, overrunNanos } of await toldOf(SILENT, true)) {
    const at = [kind, caller, fault];
    const { answer: whole } = KINDS[kind]!.fixtures.streams[0]!;
    const { text, errors, finishes } = readStream(caller, answer);
    expect([at, text, errors]).toEqual([at, whole.text, []]);
    expect([at, finishes.length]).toEqual([at, 1]);
    expect(entry).toMatchObject({ outcome: "completed", provider: `${kind}-2`, route: fault });
    const attempts = entry["attempts"] as { provider: string; costNanos: number }[];
    expect(attempts.map(({ provider }) => provider)).toEqual([`${kind}-${fault}`, `${kind}-2`]);
    expect(entry["costNanos"]).toBe(attempts.reduce((sum, { costNanos }) => sum + costNanos, 0));
    expect([at, overrunNanos]).toEqual([at, 0]);
  }
});

it("a stream that nobody else can be asked for is asked of the same again, as often as policy says", async () => {
  const { path, body } = CALLERS["openai-chat"]("openai.alone", true);
  const init = { method: "POST", key: gateway.keys.alice, body: JSON.stringify(body) };
  const answer = await ask(`${gateway.url}${path}`, init);
  const { text, errors } = readStream("openai-chat", answer);
  expect([text, errors.length > 0]).toEqual(["", true]);
  const { entry, overrunNanos } = await bookedOf(answer);
  const once = { provider: "openai-alone", status: 200 };
  expect(entry).toMatchObject({ outcome: "failed", attempts: [once, once, once] });
  expect(overrunNanos).toBe(0);
});

async function standing() {
  const { json: body } = await ask(`${gateway.url}/budgets`, { key: gateway.keys.alice });
  const [month] = body["budgets"] as { settledNanos: number; heldNanos: number }[];
  return { settledNanos: month!.settledNanos, heldNanos: month!.heldNanos };
}

it("and after all of them the budget has what the entries say, and holds nothing", async () => {
  expect(bookedNanos).toBeGreaterThan(0);
  await expect
    .poll(standing, { timeout: 60_000 })
    .toEqual({ settledNanos: bookedNanos, heldNanos: 0 });
});
