/** A key's scope as a form has it, and in words. */
import type { KeyAccess, KeyScopeData } from "#events/policy-events.ts";
import { isIpRange } from "#policy/ip-range.ts";

/** What is typed and ticked; nothing of a part narrows nothing. */
export interface ScopeDraft {
  access: readonly KeyAccess[];
  /** Names, separated by commas or spaces. */
  models: string;
  tiers: readonly string[];
  routes: readonly string[];
  ips: string;
}

export const noScope: ScopeDraft = { access: [], models: "", tiers: [], routes: [], ips: "" };

/** What each use of a key is called. */
export const accessTitles: Readonly<Record<KeyAccess, string>> = {
  inference: "Model calls",
  audit: "Reading the record",
  admin: "Administration",
};

const namesIn = (text: string): string[] => text.split(/[\s,]+/).filter((name) => name !== "");

/** A scope as the form shows it. */
export function draftOf({ models, tiers, routes, access, ips }: KeyScopeData = {}): ScopeDraft {
  return {
    access: access ?? [],
    models: (models ?? []).join(", "),
    tiers: tiers ?? [],
    routes: routes ?? [],
    ips: (ips ?? []).join(", "),
  };
}

/** The scope that a form stands for, as `IssueKey` takes it: nothing of it where it narrows nothing. */
export function scopeFrom(draft: ScopeDraft): { scope?: KeyScopeData } {
  const lists = {
    models: namesIn(draft.models),
    tiers: [...draft.tiers],
    routes: [...draft.routes],
    access: [...draft.access],
    ips: namesIn(draft.ips),
  };
  const given = Object.entries(lists).filter(([, list]) => list.length > 0);
  return given.length === 0 ? {} : { scope: Object.fromEntries(given) };
}

/** What is wrong with the addresses that were typed; undefined where nothing is. */
export function addressProblem({ ips }: ScopeDraft): string | undefined {
  const wrong = namesIn(ips).find((text) => !isIpRange(text));
  return wrong && `"${wrong}" is no address, and no range such as 10.0.0.0/8.`;
}

/** A scope in a few phrases; none where a key may do what its member may. */
export function scopePhrases(scope: KeyScopeData = {}): string[] {
  const { access, models, tiers, routes, ips } = scope;
  const phrases: string[] = [];
  const add = (word: string, list: readonly string[] | undefined): void => {
    if (list !== undefined) phrases.push(`${word} ${list.join(", ")}`.trim());
  };
  if (access !== undefined) {
    phrases.push(access.map((use) => accessTitles[use].toLowerCase()).join(", "));
  }
  add("models", models);
  add("tiers", tiers);
  add("routes", routes);
  add("from", ips);
  return phrases;
}
