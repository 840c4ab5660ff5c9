/** An answer that comes whole: read bounded, scanned, and in the caller's dialect. */
import { tryParseJson } from "#events/parse-json.ts";
import { isObject } from "#providers/json.ts";
import type { Json, JsonObject } from "#providers/types.ts";
import { readText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { answerBytesMax } from "../limits.ts";
import type { Answered } from "./call.ts";
import type { AnswerMeta, Endpoint } from "./endpoint.ts";
import { inspectTexts, restoreTexts } from "./inspect.ts";
import type { Call, Plan } from "./plan.ts";
import type { Settlement } from "./settlement.ts";

/** The answer's body for the caller; throws `dlp_blocked`, `provider_error` or `provider_timeout`. */
export async function answerJson(
  answered: Answered,
  plan: Plan,
  endpoint: Endpoint,
  settlement: Settlement,
  call: Pick<Call, "requestId" | "startedAt">,
): Promise<string> {
  const text = await readAnswer(answered);
  settlement.firstByteAt = Date.now();
  const body = tryParseJson(text) as Json | undefined;
  if (body === undefined || body === null || typeof body !== "object" || Array.isArray(body)) {
    throw broken(answered);
  }
  const meta = endpoint.meta(body, answered.dialect);
  settlement.usage = meta.usage;
  settlement.finish = meta.finish;
  settlement.servedModel = meta.servedModel;
  const asked = { body: plan.body, createdAtMs: call.startedAt, requestId: call.requestId };
  const converted = endpoint.convert(body, answered.dialect, asked);
  if (converted?.ok === false) throw broken(answered);
  const answer: JsonObject = converted === undefined ? body : converted.value;
  if (saysNothing(answer, endpoint, meta)) throw broken(answered);
  keepTokens(body, converted === undefined, settlement);
  settlement.shadow?.whole(endpoint.answerTexts(answer));
  const { dlp } = plan.policy;
  let out = converted === undefined ? text : undefined;
  if (dlp.watches("answer")) {
    const inspection = inspectTexts(dlp, endpoint.answerTexts(answer), "answer");
    settlement.addFindings(inspection.findings);
    if (inspection.blockedBy !== undefined) throw blocked(inspection.blockedBy);
    if (inspection.changed) out = undefined;
  }
  settlement.payload?.addSlots(() => endpoint.answerTexts(answer));
  if (restoreTexts(plan.vault, endpoint.answerTexts(answer))) out = undefined;
  if (endpoint.reshape !== undefined) out = JSON.stringify(endpoint.reshape(answer));
  out ??= JSON.stringify(answer);
  return out;
}

/** An answer in the caller's own dialect has the id by which its provider goes on from it. */
function keepTokens({ id }: JsonObject, isOwn: boolean, { tokens }: Settlement): void {
  if (isOwn && typeof id === "string") tokens?.keep(id, Date.now());
}

/** Some hosts send their errors, and others' pages, with status 200. */
function saysNothing(answer: JsonObject, endpoint: Endpoint, meta: AnswerMeta): boolean {
  if (meta.usage !== undefined || meta.finish !== undefined) return false;
  if (endpoint.kind === "chat") return endpoint.answerTexts(answer).length === 0;
  return isObject(answer["error"]) || typeof answer["error"] === "string";
}

/** The refusal of an answer that policy keeps back. */
export function blocked(rule: string): GatewayError {
  return new GatewayError(
    "dlp_blocked",
    `The answer was blocked by the data rule "${rule}". Ask for something that does not contain it.`,
  );
}

async function readAnswer({ response, candidate, deadline }: Answered): Promise<string> {
  try {
    const text = await readText(response, answerBytesMax);
    if (text === undefined) throw new Error("too large");
    return text;
  } catch (error) {
    const { provider } = candidate;
    throw deadline?.isOver === true
      ? new GatewayError("provider_timeout", `${provider} stopped in the middle of its answer.`)
      : new GatewayError("provider_error", `${provider} broke off its answer.`, { cause: error });
  } finally {
    deadline?.stop();
  }
}

function broken(answered: Answered): GatewayError {
  return new GatewayError(
    "provider_error",
    `${answered.candidate.provider} answered with something that is not an answer.`,
  );
}
