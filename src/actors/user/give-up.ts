/** What a request says that others were quicker than, again and again: there is none for now. */
import type { UserCommand } from "./decider.ts";
import { leaseRefOf } from "./leases.ts";
import { capDeniedMs, deniedMs } from "./limits.ts";
import type { Short } from "./shared.ts";

/** Denials of every budget and rate that it still lacks. */
export function givenUp({ budgets, rates }: Short, at: number): UserCommand[] {
  const untilAt = at + deniedMs;
  const reason = "exhausted";
  return [
    ...rates.map((limit): UserCommand => {
      const until =
        limit.metric === "concurrency"
          ? { untilAt: at + capDeniedMs }
          : { untilAt, retryAt: untilAt };
      return { type: "rate-denied", at, denied: { limit, reason, ...until } };
    }),
    ...budgets.map(leaseRefOf).map((lease): UserCommand => {
      return { type: "lease-denied", at, denied: { lease, reason, by: lease.budget, untilAt } };
    }),
  ];
}
