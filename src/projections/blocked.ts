/** Which settled requests the prompt guard stopped: those that a second classifier called an attack. */
import type { RequestSettled } from "#events/user-events.ts";
import type { infer as Infer } from "zod";

type Settled = Infer<typeof RequestSettled>["data"];

/** Whether the guard blocked it after it was admitted. */
export function guardBlocked({ outcome, guard }: Pick<Settled, "outcome" | "guard">): boolean {
  return outcome === "blocked" && guard?.action === "block";
}
