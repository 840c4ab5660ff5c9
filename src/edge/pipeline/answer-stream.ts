/**
 * An answer that streams: one pump from the provider to the caller, which scans, observes usage and
 * settles at the end, whoever ends it. The stream never goes through an actor.
 *
 * Where policy lets a broken stream be begun anew, what comes before its first content (roles, ids,
 * pings) waits for that: so the caller reads one answer from its beginning, never parts of two.
 */
import type { Env } from "#actors/kit/env.ts";
import { openFrames, type Frames } from "#providers/frames.ts";
import type { WireError } from "#providers/types.ts";
import { fromUnknown, GatewayError } from "../errors.ts";
import { heldCharsMax, keepAliveMs } from "../limits.ts";
import type { Admission } from "./admit.ts";
import type { Answered } from "./call.ts";
import type { Reframe } from "./endpoint.ts";
import type { Call } from "./plan.ts";
import { tellable } from "./inspect.ts";
import { openRelay, type Relay } from "./relay.ts";
import { Screen } from "./screen.ts";
import type { Settlement } from "./settlement.ts";
import { Silence } from "./silence.ts";
import type { Tries } from "./tries.ts";

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
  /** What waits for the first content; undefined once nothing does. */
  held: string | undefined;
  /** Who is asked when the stream breaks before. */
  tries: Again | undefined;
}

/** What a stream needs of the tries: to be begun anew, and to say how it ended. */
type Again = Pick<Tries, "mayAskAgain" | "giveUp" | "heard" | "next">;

/** A comment: every reader of server-sent events passes over it. */
const KEEP_ALIVE = new TextEncoder().encode(": keep-alive\n\n");

type Outcome = "completed" | "failed" | "aborted" | "blocked" | "cut";

/** What an answer streams from, and to whom. */
export interface Streaming {
  env: Env;
  request: Request;
  call: Call;
  admission: Admission;
  /** The provider whose answer has begun. */
  answered: Answered;
  settlement: Settlement;
  /** Who is asked when it breaks before the caller was told anything of it. */
  tries?: Again;
  reframe?: Reframe | undefined;
  /** Hears what the caller is told. */
  onText?: ((text: string) => void) | undefined;
}

/** Starts the pump. `done` settles the books; keep the runtime waiting for it. */
export function answerStream(streaming: Streaming): {
  body: ReadableStream;
  done: Promise<Outcome | undefined>;
} {
  const { env, request, call, admission, settlement, tries, reframe, onText } = streaming;
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const pump: Pump = {
    call,
    admission,
    settlement,
    ...reading(call, admission, streaming.answered, settlement),
    silence: new Silence(),
    left: false,
    held: tries?.mayAskAgain === true ? "" : undefined,
    tries,
    write: async (text) => {
      const out = reframe === undefined || text === "" ? text : reframe.push(text);
      if (out === "") return;
      settlement.addAnswer(out);
      onText?.(out);
      await writer.write(encoder.encode(out));
      pump.silence.said();
    },
  };
  const spoken = reframe === undefined && call.asked.dialect.contentType === "sse";
  if (spoken) pump.keepAlive = () => void keepAlive(pump, writer);
  const done = run(pump, request.signal)
    .then(async (outcome) => {
      const status = outcome === "completed" ? 200 : outcome === "aborted" ? 499 : 200;
      const last = reframe?.end() ?? "";
      if (last !== "") onText?.(last);
      if (last !== "") await writer.write(encoder.encode(last)).catch(() => undefined);
      await writer.close().catch(() => undefined);
      pump.answered.abort.abort();
      settlement.isWhole = pump.relay.complete;
      await settlement.book(env, outcome, status, Date.now(), call.startedAt);
      return outcome;
    })
    .catch(() => undefined);
  return { body: readable, done };
}

/** What reads one provider's stream. */
function reading(
  { requestId, startedAt, asked }: Call,
  { plan }: Admission,
  answered: Answered,
  settlement: Settlement,
): Pick<Pump, "answered" | "screen" | "relay" | "frames"> {
  const screen = new Screen(plan.policy.dlp, settlement, plan.vault);
  const relay = openRelay(answered.dialect, asked.dialect, screen, settlement, {
    requestId,
    model: answered.candidate.model,
    createdAtMs: startedAt,
    includeUsage: asked.includeUsage,
  });
  return { answered, screen, relay, frames: openFrames(answered.framing) };
}

/** Writes a comment. What cannot be written tells that the caller has left; nothing else may. */
async function keepAlive(pump: Pump, writer: WritableStreamDefaultWriter): Promise<void> {
  await writer.write(KEEP_ALIVE).catch(() => {
    pump.left = true;
    pump.answered.abort.abort();
  });
}

async function run(pump: Pump, signal: AbortSignal): Promise<Outcome> {
  try {
    for (;;) {
      watch(pump, betweenBytesOf(pump));
      try {
        const outcome = await relayAll(pump);
        pump.tries?.heard();
        return outcome;
      } catch (error) {
        const isLeft = signal.aborted || pump.left;
        const failure = pump.silence.isOver ? timeout(pump) : fromUnknown(error);
        pump.tries?.heard(isLeft ? undefined : failure);
        if (isLeft) return "aborted";
        await beginAnew(pump, failure);
      }
    }
  } catch (error) {
    if (signal.aborted || pump.left) return "aborted";
    await writeError(pump, error);
    return "failed";
  } finally {
    pump.silence.stop();
  }
}

/** Watches both silences, the provider's for `idleMs`. */
function watch(pump: Pump, idleMs: number): void {
  pump.silence.watch({
    idleMs,
    onIdle: () => pump.answered.abort.abort(),
    quietMs: pump.admission.plan.resolved.upstream.keepAliveMs ?? keepAliveMs,
    onQuiet: pump.keepAlive,
  });
}

/** The longest that a timer takes: tries have times of their own. */
const NEVER_MS = 2 ** 31 - 1;

/** Has the stream begun anew, where the caller was told nothing of it yet; throws where not. */
async function beginAnew(pump: Pump, failure: GatewayError): Promise<void> {
  const { answered, held, tries } = pump;
  if (held === undefined || tries?.giveUp(failure) !== true) throw failure;
  answered.abort.abort();
  watch(pump, NEVER_MS);
  const next = await tries.next();
  Object.assign(pump, reading(pump.call, pump.admission, next, pump.settlement), { held: "" });
  if (pump.left) next.abort.abort();
}

/** What of `out` may be written: nothing before the first content, where the stream may begin anew. */
function released(pump: Pump, out: string): string {
  const { held, relay } = pump;
  if (held === undefined) return out;
  const whole = held + out;
  const waits = relay.deltas === 0 && !relay.complete && whole.length <= heldCharsMax;
  pump.held = waits ? whole : undefined;
  return waits ? "" : whole;
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
    const bytes = chunk?.value;
    if (bytes !== undefined) {
      silence.heard();
      settlement.firstByteAt ??= Date.now();
    }
    let out = "";
    try {
      for (const event of bytes === undefined ? frames.end() : frames.push(bytes)) {
        out += relay.push(event);
        if (screen.blockedBy !== undefined) return end(pump, out, "content_filter", "blocked");
        if (relay.deltas > deltasMax) return end(pump, out, "length", "cut");
      }
    } catch (error) {
      // What came in one piece with an error is the caller's all the same.
      await pump.write(released(pump, out));
      throw error;
    }
    await pump.write(released(pump, out));
    if (bytes === undefined) break;
  }
  const out = relay.end();
  if (screen.blockedBy !== undefined) return end(pump, out, "content_filter", "blocked");
  await pump.write(released(pump, out));
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
  await pump.write((pump.held ?? "") + out + pump.relay.finish(reason));
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
