/** An answer that comes whole, from whoever gives one that can be passed on. */
import { fromUnknown, GatewayError } from "../errors.ts";
import { answerJson } from "./answer-json.ts";
import type { Answered } from "./call.ts";
import type { Call, Plan } from "./plan.ts";
import type { Settlement } from "./settlement.ts";
import type { Tries } from "./tries.ts";

/**
 * The answer and who gave it. One that is blocked, filtered by its provider or unreadable is asked
 * of the next candidate where policy says so; what it cost stays in the books.
 */
export async function answerWhole(
  tries: Tries,
  call: Call,
  plan: Plan,
  settlement: Settlement,
): Promise<{ body: string; candidate: Answered["candidate"] }> {
  for (;;) {
    const answered = await tries.next();
    try {
      const body = await answerJson(answered, plan, call.asked.endpoint, settlement, call);
      tries.heard();
      if (settlement.finish !== "content_filter" || !tries.giveUp(filtered(answered))) {
        settlement.addAnswer(body);
        return { body, candidate: answered.candidate };
      }
    } catch (error) {
      const failure = fromUnknown(error);
      tries.heard(failure);
      if (!tries.giveUp(failure)) throw error;
    }
  }
}

/** A provider's own guard kept the answer back; without somebody else to ask, its answer is given. */
function filtered({ candidate }: Answered): GatewayError {
  return new GatewayError("provider_error", `${candidate.provider} filtered its answer.`);
}
