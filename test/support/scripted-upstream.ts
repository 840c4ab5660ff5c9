/**
 * An upstream that does what a test tells it: answers with known usage, hangs, resets, breaks off,
 * lies. It notes every request and whether its caller stayed to the end.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface Seen {
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** The body as it came. */
  text: string;
  /** The last user text. */
  prompt: string;
  /** Set once the caller hung up before the answer ended. */
  left: boolean;
}

export type Script = (seen: Seen, response: ServerResponse) => void | Promise<void>;

export interface ScriptedUpstream {
  url: string;
  seen: Seen[];
  /** What the next requests get; answers plainly by default. */
  script: Script;
  stop(): Promise<void>;
}

/** Usage that every plain answer reports: cheap to compute by hand. */
export const plainUsage = { input: 10, output: 5 };

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: { text?: string } | null) => part?.text ?? "").join(" ");
}

function lastPrompt(body: Record<string, unknown>): string {
  // Whoever is fuzzed sends what is no list, too.
  const given = Array.isArray(body["messages"]) ? body["messages"] : [];
  const messages = given as ({ role: string; content: unknown } | null)[];
  return textOf(messages.findLast((message) => message?.role === "user")?.content);
}

export const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
};

/** An answer as OpenAI gives it. */
export function openAiAnswer(text: string, model = "gpt-4o-mini", usage = plainUsage): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model,
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
    usage: {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
    },
  };
}

function chunk(choices: unknown[], more: object = {}): string {
  const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1 };
  return `data: ${JSON.stringify({ ...head, model: "gpt-4o-mini", choices, ...more })}\n\n`;
}

/** The chunks of a streamed answer as OpenAI sends them, one text each, usage and end included. */
export function openAiChunks(texts: readonly string[], usage = plainUsage): string[] {
  return [
    chunk([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }]),
    ...texts.map((content) => chunk([{ index: 0, delta: { content }, finish_reason: null }])),
    chunk([{ index: 0, delta: {}, finish_reason: "stop" }]),
    chunk([], {
      usage: {
        prompt_tokens: usage.input,
        completion_tokens: usage.output,
        total_tokens: usage.input + usage.output,
      },
    }),
    "data: [DONE]\n\n",
  ];
}

/** Writes chunks one by one, each in its own packet where the system lets it. */
export async function stream(
  response: ServerResponse,
  chunks: readonly string[],
  pause?: () => Promise<void>,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const chunk of chunks) {
    if (response.destroyed) return;
    response.write(chunk);
    await (pause?.() ?? new Promise((resolve) => setImmediate(resolve)));
  }
  response.end();
}

/** Answers in OpenAI's dialect, streamed when asked for, echoing nothing of the prompt. */
export const plain: Script = (seen, response) => {
  if (seen.body["stream"] === true) return stream(response, openAiChunks(["Hello", " there", "."]));
  return json(response, 200, openAiAnswer("Hello there."));
};

/** The call of the tool `weather` that `callsTool` makes. */
export const called = {
  id: "callABC12",
  type: "function" as const,
  function: { name: "weather", arguments: '{"city":"Paris"}' },
};

/** Calls the tool, whole or streamed, in OpenAI's words. */
export const callsTool: Script = ({ body }, response) => {
  const message = { role: "assistant", content: "", tool_calls: [{ index: 0, ...called }] };
  if (body["stream"] !== true) {
    const choices = [{ index: 0, message, finish_reason: "tool_calls" }];
    return json(response, 200, { ...openAiAnswer(""), choices });
  }
  const [, , usage = "", done = ""] = openAiChunks([]);
  return stream(response, [
    chunk([{ index: 0, delta: message, finish_reason: null }]),
    chunk([{ index: 0, delta: {}, finish_reason: "tool_calls" }]),
    usage,
    done,
  ]);
};

async function readBody(request: IncomingMessage): Promise<Pick<Seen, "text" | "body">> {
  let text = "";
  for await (const part of request) text += String(part);
  try {
    return { text, body: JSON.parse(text) as Record<string, unknown> };
  } catch {
    return { text, body: {} };
  }
}

/** Starts it on any free port. */
export async function startScriptedUpstream(script: Script = plain): Promise<ScriptedUpstream> {
  const sockets = new Set<Socket>();
  const upstream: ScriptedUpstream = { url: "", seen: [], script, stop: async () => {} };
  const server = createServer((request, response) => {
    void (async () => {
      const { text, body } = await readBody(request);
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      const path = request.url ?? "";
      const seen: Seen = { path, headers, body, text, prompt: lastPrompt(body), left: false };
      response.on("close", () => (seen.left = !response.writableEnded));
      upstream.seen.push(seen);
      await upstream.script(seen, response);
    })();
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  upstream.stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return upstream;
}

const hoursPastNoon = new Date().getUTCHours() - 12;

/** Where it is about noon: no day, week or month ends there while a test runs. */
export const noonZone =
  hoursPastNoon === 0 ? "UTC" : `Etc/GMT${hoursPastNoon > 0 ? "+" : ""}${hoursPastNoon}`;

/** A policy over a scripted upstream: OpenAI's dialect, known prices, limits only where asked. */
export function scriptedPolicy(upstreamUrl: string, more: Record<string, unknown> = {}): object {
  return {
    schema: 1,
    timeZone: noonZone,
    providers: { scripted: { kind: "openai", baseUrl: `${upstreamUrl}/v1` } },
    tiers: {
      standard: { candidates: [{ provider: "scripted", serves: ["gpt-*"] }] },
    },
    prices: { "gpt-4o-mini": { inputUsdPerMtok: 100, outputUsdPerMtok: 200 } },
    ...more,
  };
}

/** What a plain answer costs under `scriptedPolicy`, in nano-dollars, worked out by hand. */
export const plainCostNanos = 10 * 100_000 + 5 * 200_000;
