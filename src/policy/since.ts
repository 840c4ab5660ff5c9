/**
 * Since when each limit and budget has been what it is.
 *
 * A rule whose `when` picks some requests has not counted those of its scope that came before it: its
 * past is read from the members' streams, from its window's or period's beginning on. One that has
 * been there for all of that has no such past, and nothing is read for it.
 */
import { canonicalJson } from "#events/canonical.ts";
import { IN_FORCE_AFTER_MS } from "./lease.ts";

/** Rules by name, and from when on no older policy was in use, milliseconds. Caps are limits here. */
export interface SinceBook {
  limits: Record<string, number>;
  budgets: Record<string, number>;
}

interface Rule {
  name: string;
}

/** The book after a publication at `at`; the first policy's rules have always been there. */
export function sinceAfter(
  before: { book: SinceBook | undefined; document: Record<string, unknown> } | undefined,
  document: Record<string, unknown>,
  at: number,
): SinceBook {
  const listed = (list: keyof SinceBook): Record<string, number> => {
    const old = new Map(rulesOf(before?.document, list).map((rule) => [rule.name, rule]));
    const entries = rulesOf(document, list).map((rule) => {
      const same = old.get(rule.name);
      const isKept = same !== undefined && pickOf(same) === pickOf(rule);
      const kept = isKept ? before?.book?.[list][rule.name] : undefined;
      const isFirst = before === undefined;
      return [rule.name, isFirst ? 0 : (kept ?? at + IN_FORCE_AFTER_MS)] as const;
    });
    return Object.fromEntries(entries);
  };
  return { limits: listed("limits"), budgets: listed("budgets") };
}

function rulesOf(
  document: Record<string, unknown> | undefined,
  list: keyof SinceBook,
): readonly Rule[] {
  const rules = (name: string) => (document?.[name] ?? []) as readonly Rule[];
  return list === "limits" ? [...rules("limits"), ...rules("concurrency")] : rules(list);
}

/** What a rule picks and over which time: an amount, a title or what happens at a limit is not. */
function pickOf(rule: Rule): string {
  const { metric, mode, scope, when, windowMs, period, parent } = rule as unknown as Record<
    string,
    unknown
  >;
  return canonicalJson({ metric, mode, scope, when, windowMs, period, parent });
}
