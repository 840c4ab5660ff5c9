/** Limits of a policy in words. */
import type { PolicyDocument } from "#policy/document.ts";
import type { SharedRule } from "./busiest.ts";
import { windowName } from "./format.ts";

type When = PolicyDocument["limits"][number]["when"];

/** Whom a rule is about: `everyone`, or the lists that narrow it. */
export function whomOf(when: When): string {
  const parts = Object.entries(when)
    .filter(([, list]) => list !== undefined)
    .map(([name, list]) => `${name} ${(list as readonly string[]).join(", ")}`);
  return parts.length === 0 ? "everyone" : parts.join("; ");
}

/** A limit as it is said: `60 requests per minute`. */
export function rateOf(limit: PolicyDocument["limits"][number]): string {
  const amount =
    limit.metric === "usd"
      ? `$${limit.limit.toLocaleString("en-US")}`
      : `${limit.limit.toLocaleString("en-US")} ${limit.metric}`;
  return `${amount} per ${windowName(limit.windowMs)}`;
}

/** Whether a rule counts several members together. */
export function isSharedScope(scope: string): boolean {
  return scope === "team" || scope === "organisation";
}

/** The lists of a policy whose entries carry a number that can be changed by itself. */
export type NumberPlace =
  | { list: "limits"; name: string; field: "limit" }
  | { list: "concurrency"; name: string; field: "limit" }
  | { list: "budgets"; name: string; field: "limitUsd" };

/** The number at a place; `undefined` when the policy no longer has it. */
export function numberAt(document: PolicyDocument, place: NumberPlace): number | undefined {
  const entries = document[place.list] as readonly { name: string }[];
  const entry = entries.find(({ name }) => name === place.name);
  return (entry as Record<string, unknown> | undefined)?.[place.field] as number | undefined;
}

/** The rate or cap at a place; a budget's windows are its bars. */
export function sharedRuleAt(
  document: PolicyDocument,
  { list, name }: NumberPlace,
): SharedRule | undefined {
  if (list === "budgets") return undefined;
  const rules: readonly SharedRule[] = document[list];
  return rules.find((rule) => rule.name === name);
}

/** The policy with another number at a place; the rest is the same. */
export function withNumber(
  document: PolicyDocument,
  place: NumberPlace,
  value: number,
): PolicyDocument {
  const entries = document[place.list] as readonly { name: string }[];
  const changed = entries.map((entry) =>
    entry.name === place.name ? { ...entry, [place.field]: value } : entry,
  );
  return { ...document, [place.list]: changed };
}
