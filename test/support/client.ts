/** Asks a gateway over real HTTP, as a caller without an SDK would. */
import type { TestGateway } from "./gateway.ts";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

/** Sends a request and reads the whole answer. */
export async function ask(url: string, init: RequestInit & { key?: string } = {}): Promise<Answer> {
  const { key, ...rest } = init;
  const headers = new Headers(rest.headers);
  if (key !== undefined) headers.set("authorization", `Bearer ${key}`);
  if (rest.body !== undefined && !headers.has("content-type")) {
    headers.set("content-type", "application/json");
  }
  const answer = await fetch(url, { ...rest, headers });
  const text = await answer.text();
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A stream, or an empty body: callers look at `text`.
  }
  return { status: answer.status, headers: answer.headers, text, json };
}

/** One chat completion in OpenAI's dialect. */
export function chat(
  gateway: Pick<TestGateway, "url">,
  key: string,
  prompt: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  return ask(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    key,
    headers,
    body: JSON.stringify({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: prompt }],
      ...more,
    }),
  });
}

/** The audit entry of a request, once the ledger has one that satisfies `until`. */
export async function auditEntry(
  gateway: Pick<TestGateway, "url" | "keys">,
  requestId: string,
  until: (entry: Record<string, unknown>) => boolean = (entry) => entry["outcome"] !== "admitted",
): Promise<Record<string, unknown>> {
  const deadline = Date.now() + 60_000;
  let last: Answer | undefined;
  while (Date.now() < deadline) {
    last = await ask(`${gateway.url}/audit/events/${requestId}`, { key: gateway.keys.auditor });
    const entry = (last.json["event"] ?? last.json) as Record<string, unknown>;
    if (last.status === 200 && until(entry)) return entry;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  throw new Error(`no such audit entry for ${requestId}: ${last?.status} ${last?.text}`);
}

/** The error of an answer in OpenAI's or Anthropic's shape. */
export function errorOf(answer: Answer): { code?: string; type?: string; message?: string } {
  return answer.json["error"] ?? {};
}
