/** Conditions on values: one of a list, in a range, there or not. Compiled once a policy version. */
import { compilePatterns, matchesModel } from "./pattern.ts";
import type { PolicyMatch } from "./route-schema.ts";

type Scalar = string | number | boolean;

/** Whether a value, which may not be there, is as it must be. */
export type MatchTest = (value: Scalar | undefined) => boolean;

/** Each field with its test. */
export function compileMatches(matches: Readonly<Record<string, PolicyMatch>>) {
  return Object.entries(matches).map(([field, match]): [string, MatchTest] => [
    field,
    compileMatch(match),
  ]);
}

function compileMatch(match: PolicyMatch): MatchTest {
  if (Array.isArray(match)) {
    // Headers are texts and metadata is typed: `5` and "5" are the same to whoever writes a rule.
    const matcher = compilePatterns(match.map(String));
    return (value) => value !== undefined && matchesModel(matcher, String(value));
  }
  const { above = -Infinity, atLeast = -Infinity, below = Infinity, atMost = Infinity } = match;
  const ranged = ["above", "atLeast", "below", "atMost"].some((bound) => bound in match);
  return (value) => {
    if (match.present !== undefined && match.present !== (value !== undefined)) return false;
    if (!ranged) return true;
    const number = value === undefined || value === "" ? Number.NaN : Number(value);
    return number > above && number >= atLeast && number < below && number <= atMost;
  };
}
