/**
 * Asking a service beside the gateway about a prompt: the guard's second classifier, the finder of
 * entities.
 *
 * Invariants: its address is judged again before each call and no redirect is followed; it is never
 * waited for longer than its time; one that fails over and over rests, as a provider does.
 */
import type { Env } from "#actors/kit/env.ts";
import { namedSecret } from "#actors/kit/secrets.ts";
import { promptAddressProblem, type ServiceAddress } from "#policy/service.ts";
import { readText } from "../body.ts";
import { isWell, noteHealth } from "./circuits.ts";
import type { Sent } from "./sign.ts";
import { transportOf } from "./transport.ts";

/** Whom to ask. */
export interface Service extends ServiceAddress {
  /** Whose circuit it is. */
  name: string;
  /** What a binding is: `workers-ai`, or another Worker under any other kind. */
  kind: string;
  timeoutMs: number;
}

/** Why nothing was heard. Without a `status` nobody was asked; it is 0 when no answer came. */
export interface Unheard {
  failure: "not_configured" | "resting" | "timeout" | "status" | "unreachable";
  status?: number;
}

/** What an answer was read as; `ill` where it makes no sense. */
export interface Heard<T> {
  heard: T;
  ill: boolean;
}

/** Asks once. `read` is given the answer's status and text, which is undefined when it is too long. */
export async function askService<T>(
  env: Env,
  service: Service,
  question: object,
  answerBytesMax: number,
  read: (status: number, text: string | undefined) => Heard<T>,
): Promise<Heard<T> | Unheard> {
  const { name, kind, url, binding, secret, timeoutMs } = service;
  const allowPrivate = env.TALLYGATE_ALLOW_PRIVATE === "1";
  const credential = secret === undefined ? undefined : namedSecret(env, secret);
  const send = transportOf(env, { kind, binding });
  const isRefused = url !== undefined && promptAddressProblem(url, allowPrivate) !== undefined;
  if (send === undefined || isRefused || (secret !== undefined && credential === undefined)) {
    return { failure: "not_configured" };
  }
  const subject = { provider: name, baseUrl: url, binding, secret };
  if (!isWell(subject, Date.now())) return { failure: "resting" };
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (credential !== undefined) headers["authorization"] = `Bearer ${credential}`;
  const sent: Sent = {
    url: url ?? "https://binding.internal/run",
    init: { method: "POST", headers, body: JSON.stringify(question) },
  };
  const reply = await inTime(timeoutMs, async (signal) => {
    let status = 0;
    try {
      const response = await send(sent, signal);
      ({ status } = response);
      if (!response.ok) {
        await response.body?.cancel();
        return { failure: "status", status };
      }
      return read(status, await readText(response, answerBytesMax));
    } catch {
      return { failure: "unreachable", status };
    }
  });
  noteHealth(subject, "failure" in reply || reply.ill, Date.now());
  return reply;
}

async function inTime<T>(
  timeoutMs: number,
  exchange: (signal: AbortSignal) => Promise<Heard<T> | Unheard>,
): Promise<Heard<T> | Unheard> {
  const abort = new AbortController();
  const timeout = Promise.withResolvers<Unheard>();
  const timer = setTimeout(() => {
    timeout.resolve({ failure: "timeout", status: 0 });
    abort.abort();
  }, timeoutMs);
  try {
    // A binding may not heed its signal; the clock decides all the same.
    return await Promise.race([timeout.promise, exchange(abort.signal)]);
  } finally {
    clearTimeout(timer);
  }
}
