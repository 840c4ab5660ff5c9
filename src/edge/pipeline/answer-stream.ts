/**
 * An answer that streams: one pump from the provider to the caller, which scans, observes usage and
 * settles at the end, whoever ends it. The stream never goes through an actor.
 */
import type { Env } from "#actors/kit/env.ts";
import { openFrames, type Frames } from "#providers/frames.ts";
import type { WireError } from "#providers/types.ts";
import { fromUnknown, GatewayError } from "../errors.ts";
import { keepAliveMs } from "../limits.ts";
import type { Admission } from "./admit.ts";
import type { Answered } from "./call.ts";
import type { Reframe } from "./endpoint.ts";
import type { Call } from "./plan.ts";
import { tellable } from "./inspect.ts";
import { openRelay, type Relay } from "./relay.ts";
import { Screen } from "./screen.ts";
import type { Settlement } from "./settlement.ts";
import { Silence } from "./silence.ts";

interface Pump {
  call: Call;
  admission: Admission;
  answered: Answered;
  settlement: Settlement;
  screen: Screen;
  relay: Relay;
  frames: Frames;
  silence: Silence;
  write(text: string): Promise<void>;
  /** Says to the caller that the stream lives, where its dialect has a word for that. */
  keepAlive?: () => void;
  /** Whether the caller was found to be gone. */
  left: boolean;
}

/** A comment: every reader of server-sent events passes over it. */
const KEEP_ALIVE = new TextEncoder().encode(": keep-alive\n\n");

type Outcome = "completed" | "failed" | "aborted" | "blocked" | "cut";

/** Starts the pump. `done` settles the books; keep the runtime waiting for it. */
export function answerStream(
  env: Env,
  request: Request,
  call: Call,
  admission: Admission,
  answered: Answered,
  settlement: Settlement,
  reframe?: Reframe,
  onText?: (text: string) => void,
): { body: ReadableStream; done: Promise<Outcome | undefined> } {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const screen = new Screen(admission.plan.policy.dlp, settlement, admission.plan.vault);
  const { dialect, includeUsage } = call.asked;
  const pump: Pump = {
    call,
    admission,
    answered,
    settlement,
    screen,
    relay: openRelay(answered.dialect, dialect, screen, settlement, {
      requestId: call.requestId,
      model: answered.candidate.model,
      createdAtMs: call.startedAt,
      includeUsage,
    }),
    frames: openFrames(answered.framing),
    silence: new Silence(),
    left: false,
    write: async (text) => {
      const out = reframe === undefined || text === "" ? text : reframe.push(text);
      if (out === "") return;
      settlement.addAnswer(out);
      onText?.(out);
      await writer.write(encoder.encode(out));
      pump.silence.said();
    },
  };
  const spoken = reframe === undefined && dialect.contentType === "sse";
  if (spoken) pump.keepAlive = () => void keepAlive(pump, writer);
  const done = run(pump, request.signal)
    .then(async (outcome) => {
      const status = outcome === "completed" ? 200 : outcome === "aborted" ? 499 : 200;
      const last = reframe?.end() ?? "";
      if (last !== "") onText?.(last);
      if (last !== "") await writer.write(encoder.encode(last)).catch(() => undefined);
      await writer.close().catch(() => undefined);
      answered.abort.abort();
      settlement.isWhole = pump.relay.complete;
      await settlement.book(env, outcome, status, Date.now(), call.startedAt);
      return outcome;
    })
    .catch(() => undefined);
  return { body: readable, done };
}

/** Writes a comment. What cannot be written tells that the caller has left; nothing else may. */
async function keepAlive(pump: Pump, writer: WritableStreamDefaultWriter): Promise<void> {
  await writer.write(KEEP_ALIVE).catch(() => {
    pump.left = true;
    pump.answered.abort.abort();
  });
}

async function run(pump: Pump, signal: AbortSignal): Promise<Outcome> {
  const { answered, admission, silence } = pump;
  silence.watch({
    idleMs: betweenBytesOf(pump),
    onIdle: () => answered.abort.abort(),
    quietMs: admission.plan.resolved.upstream.keepAliveMs ?? keepAliveMs,
    onQuiet: pump.keepAlive,
  });
  try {
    return await relayAll(pump);
  } catch (error) {
    if (signal.aborted || pump.left) return "aborted";
    await writeError(pump, silence.isOver ? timeout(pump) : error);
    return "failed";
  } finally {
    silence.stop();
  }
}

function betweenBytesOf({ answered, admission }: Pump): number {
  return answered.candidate.betweenBytesMs ?? admission.plan.resolved.upstream.betweenBytesMs;
}

async function relayAll(pump: Pump): Promise<Outcome> {
  const { answered, relay, screen, settlement, frames, silence } = pump;
  const { choices, request } = pump.admission.plan;
  const isStrict = request.accounting === "strict";
  // Every delta is a token or more: past the bound the provider ignores its maximum.
  const deltasMax = isStrict ? answered.candidate.maxOutputTokens * choices : Infinity;
  relay.deltasMax = deltasMax;
  const reader = answered.opened?.reader ?? answered.response.body?.getReader();
  // What was read before the caller was answered comes first.
  let begun = answered.opened?.first;
  for (;;) {
    const chunk =
      begun === undefined
        ? await reader?.read().catch((error: unknown) => {
            throw brokenOff(pump, error);
          })
        : { done: false as const, value: begun };
    begun = undefined;
    if (chunk === undefined || chunk.done) break;
    silence.heard();
    settlement.firstByteAt ??= Date.now();
    let out = "";
    for (const event of frames.push(chunk.value)) {
      out += relay.push(event);
      if (screen.blockedBy !== undefined) return end(pump, out, "content_filter", "blocked");
      if (relay.deltas > deltasMax) return end(pump, out, "length", "cut");
    }
    await pump.write(out);
  }
  let out = "";
  for (const event of frames.end()) out += relay.push(event);
  out += relay.end();
  if (screen.blockedBy !== undefined) return end(pump, out, "content_filter", "blocked");
  await pump.write(out);
  if (relay.complete) return "completed";
  throw brokenOff(pump);
}

function brokenOff(pump: Pump, cause?: unknown): GatewayError {
  return new GatewayError(
    "provider_error",
    `${pump.answered.candidate.provider} broke off its answer before its end.`,
    { cause },
  );
}

async function end(
  pump: Pump,
  out: string,
  reason: "content_filter" | "length",
  outcome: Outcome,
): Promise<Outcome> {
  pump.answered.abort.abort();
  pump.settlement.finish = reason;
  await pump.write(out + pump.relay.finish(reason));
  return outcome;
}

/** Tells the caller in the stream itself: its status is long sent. */
async function writeError(pump: Pump, error: unknown): Promise<void> {
  const { dlp } = pump.admission.plan.policy;
  const { code, status, type, message } = tellable(fromUnknown(error), dlp);
  const { requestId, asked } = pump.call;
  const wire: WireError = { status, code, type, message, requestId };
  await pump.write(asked.dialect.encodeStreamError(wire)).catch(() => undefined);
}

function timeout(pump: Pump): GatewayError {
  return new GatewayError(
    "provider_timeout",
    `${pump.answered.candidate.provider} stopped in the middle of its answer.`,
  );
}
