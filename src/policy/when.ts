/** To whom a rule applies: the `when` of limits and budgets, compiled for the request path. */
import type { PolicyWhen } from "./document.ts";
import { compilePatterns, matchesModel } from "./pattern.ts";

/** Who asks, as conditions and scopes see it. */
export interface Subject {
  memberId: string;
  team: string | undefined;
  /** The member's own tier and, after a downgrade, the one that serves: rules of both apply. */
  tiers: readonly string[];
  keyId: string | undefined;
  model: string;
  tags: readonly string[];
  ip: string | undefined;
  session: string | undefined;
  /** The route that takes the request, once that is known: routes themselves are picked without. */
  route?: string | undefined;
}

/** A compiled condition: every list that was given must match. */
export type Condition = (subject: Subject) => boolean;

/** Compiles a `when` into one test. An empty `when` applies to all. */
export function compileWhen(when: PolicyWhen): Condition {
  const tests: Condition[] = [];
  const within = (
    list: readonly string[] | undefined,
    pick: (s: Subject) => string | undefined,
  ) => {
    if (list === undefined) return;
    const set = new Set(list);
    tests.push((subject) => {
      const value = pick(subject);
      return value !== undefined && set.has(value);
    });
  };
  within(when.members, (subject) => subject.memberId);
  within(when.teams, (subject) => subject.team);
  within(when.keys, (subject) => subject.keyId);
  within(when.routes, (subject) => subject.route);
  if (when.tiers !== undefined) {
    const tiers = new Set(when.tiers);
    tests.push((subject) => subject.tiers.some((tier) => tiers.has(tier)));
  }
  if (when.tags !== undefined) {
    const tags = new Set(when.tags);
    tests.push((subject) => subject.tags.some((tag) => tags.has(tag)));
  }
  if (when.models !== undefined) {
    const matcher = compilePatterns(when.models);
    tests.push((subject) => matchesModel(matcher, subject.model));
  }
  return (subject) => tests.every((test) => test(subject));
}
