/** What a draft in the shadow would have decided otherwise, in words. */
import type { ShadowData } from "#events/shadow-events.ts";
import type { ShadowClass, ShadowSums } from "#projections/shadow.ts";
import { count, percent } from "./format.ts";

/** What `GET /policy/shadow` answers. */
export interface ShadowReport {
  /** The draft that the sums are about; null where there never was one. */
  draft: number | null;
  total: ShadowSums;
  rules: readonly ShadowLine[];
  users: readonly ShadowLine[];
}
export type ShadowLine = ShadowSums & { name: string };

/** The ways in which a request may differ, the gravest first. */
export const shadowWays: readonly { name: ShadowClass; title: string }[] = [
  { name: "newlyBlocked", title: "Blocked by data rules" },
  { name: "newlyLimited", title: "Refused by limits" },
  { name: "newlyRefused", title: "Refused otherwise" },
  { name: "newlyAllowed", title: "Let pass" },
  { name: "newlyRedacted", title: "Hidden in" },
  { name: "rerouted", title: "Sent elsewhere" },
];

/** How many requests of a line differ, counted once for each way. */
export function differing(sums: ShadowSums): number {
  return shadowWays.reduce((total, { name }) => total + sums[name], 0);
}

/** The whole in one sentence. */
export function shadowSentence({ requests, same, undecided }: ShadowSums): string {
  if (requests === 0) return "Nothing was decided beside it yet: send a request.";
  const other = requests - same - undecided;
  const differ =
    other <= 0 ? "none would differ" : `${count(other)} would differ (${percent(other, requests)})`;
  return `Of ${count(requests)} live requests ${differ}.`;
}

/** What the draft would have made of one request. */
export function shadowOutcome(shadow: ShadowData): string {
  const { admits, code, by, first, undecided } = shadow;
  if (undecided === "too_large") return "Not decided: the prompt is too large";
  if (admits === undefined) return "Not decided: the draft could not plan it";
  if (!admits)
    return `It would refuse: ${code ?? "by policy"}${by === undefined ? "" : ` by ${by}`}`;
  return first === undefined
    ? "It would let it pass"
    : `It would ask ${first.provider} for ${first.model} first`;
}
