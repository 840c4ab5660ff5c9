/** Rules checked and compiled: what a policy version scans with. */
import { DETECTORS, GROUPS } from "./catalogue.ts";
import { compilePattern, patternProblem, type CustomScanner } from "./custom.ts";
import { dictionaryDetector } from "./dictionary.ts";
import { compileEngine, type Engine } from "./engine-tables.ts";
import { entityDetector } from "./entities.ts";
import type { Detector } from "./kit/detector.ts";
import {
  DICTIONARY_WORDS_MAX,
  DICTIONARY_WORD_CHARS_MAX,
  PATTERNS_MAX,
  RULES_MAX,
} from "./limits.ts";
import { verdictOf, type Verdict } from "./match.ts";
import type { Direction, DlpRule, Where } from "./rule.ts";

/** One problem of a rule list, for the administrator; the path says where ("rules.2.pattern"). */
export interface RuleProblem {
  path: string;
  message: string;
}

/** What one (direction, channel) scans with. */
export interface Plan {
  readonly engine: Engine;
  /** What the rules say of what a detector of the engine finds, by its index. */
  readonly verdicts: readonly (readonly Verdict[])[];
  readonly patterns: readonly { scanner: CustomScanner; verdict: Verdict }[];
  /** The rules that look for what a service finds. */
  readonly entities: readonly DlpRule[];
}

/** Compiled rules, cached by the caller per policy version. */
export interface DlpProgram {
  readonly rules: readonly DlpRule[];
  /** Those of them that look for what a service finds, and are not off. */
  readonly entityRules: readonly DlpRule[];
  /** Whether any rule looks at this direction: when not, text may pass untouched. */
  watches(direction: Direction): boolean;
  /** The detectors and patterns of one place, or undefined when nothing watches it. */
  plan(where: Where): Plan | undefined;
}

/** The detectors a rule's `detector` names: one, or those of a group. */
function named(id: string): readonly Detector[] {
  const one = DETECTORS.find((detector) => detector.id === id);
  if (one !== undefined) return [one];
  const group = GROUPS.find((entry) => entry.id === id);
  return group === undefined ? [] : DETECTORS.filter((detector) => detector.groups.includes(id));
}

/** Whether a rule looks for what a detector finds. */
export function looksFor(rule: DlpRule, detector: string): boolean {
  if (rule.entity !== undefined) return entityDetector(rule.entity) === detector;
  return rule.detector !== undefined && named(rule.detector).some(({ id }) => id === detector);
}

function dictionaryProblem(words: readonly string[]): string | undefined {
  if (words.length === 0) return "the dictionary is empty: give at least one word";
  if (words.length > DICTIONARY_WORDS_MAX) {
    return `the dictionary has ${words.length} words; at most ${DICTIONARY_WORDS_MAX} are taken`;
  }
  const bad = words.find((word) => word.trim() === "" || word.length > DICTIONARY_WORD_CHARS_MAX);
  if (bad === undefined) return undefined;
  return `a dictionary word must have 1 to ${DICTIONARY_WORD_CHARS_MAX} characters that are not blanks`;
}

function checkRule(rule: DlpRule, path: string): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const add = (at: string, message: string): void => {
    problems.push({ path: at === "" ? path : `${path}.${at}`, message });
  };
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(rule.id) || rule.id.length > 64) {
    add("id", "an id is kebab-case (a-z, 0-9, hyphens), at most 64 characters");
  }
  const { detector, dictionary, entity } = rule;
  const kinds = [detector, rule.pattern, dictionary, entity].filter((kind) => kind !== undefined);
  if (kinds.length !== 1) {
    add("", "a rule has exactly one of detector, pattern, dictionary and entity");
  }
  if (entity !== undefined && rule.directions.includes("answer")) {
    add(
      "directions",
      "what a service finds is looked for in prompts alone: no answer waits for it",
    );
  }
  if (rule.detector !== undefined && named(rule.detector).length === 0) {
    add(
      "detector",
      `there is no detector or group "${rule.detector}"; the reference page lists them`,
    );
  }
  const pattern = rule.pattern === undefined ? undefined : patternProblem(rule.pattern);
  if (pattern !== undefined) add("pattern", pattern);
  const words = rule.dictionary === undefined ? undefined : dictionaryProblem(rule.dictionary);
  if (words !== undefined) add("dictionary", words);
  if (rule.directions.length === 0)
    add("directions", "a rule needs a direction: prompt, answer or both");
  if (rule.channels?.length === 0)
    add("channels", "an empty list matches nothing; leave it out for all");
  if (rule.lifetime !== undefined && rule.action !== "tokenize")
    add("lifetime", "only placeholders of the action tokenize have a lifetime");
  if (rule.threshold !== undefined && !(rule.threshold >= 0 && rule.threshold <= 1)) {
    add("threshold", "a threshold lies between 0 and 1");
  }
  return problems;
}

/** Everything an administrator must mend before the rules can be compiled; empty when nothing. */
export function checkRules(rules: readonly DlpRule[]): RuleProblem[] {
  const problems = rules.flatMap((rule, index) => checkRule(rule, `rules.${index}`));
  const seen = new Set<string>();
  rules.forEach((rule, index) => {
    if (seen.has(rule.id)) {
      problems.push({ path: `rules.${index}.id`, message: `two rules have the id "${rule.id}"` });
    }
    seen.add(rule.id);
  });
  if (rules.length > RULES_MAX) {
    problems.push({
      path: "rules",
      message: `${rules.length} rules; at most ${RULES_MAX} are taken`,
    });
  }
  if (rules.filter((rule) => rule.pattern !== undefined).length > PATTERNS_MAX) {
    problems.push({
      path: "rules",
      message: `at most ${PATTERNS_MAX} rules may have own patterns`,
    });
  }
  return problems;
}

function detectorsOf(rule: DlpRule): readonly Detector[] {
  if (rule.detector !== undefined) return named(rule.detector);
  return rule.dictionary === undefined ? [] : [dictionaryDetector(rule.id, rule.dictionary)];
}

function buildPlan(
  rules: readonly DlpRule[],
  scanners: ReadonlyMap<string, CustomScanner>,
): Plan | undefined {
  if (rules.length === 0) return undefined;
  const byDetector = new Map<string, { detector: Detector; verdicts: Verdict[] }>();
  for (const rule of rules) {
    for (const detector of detectorsOf(rule)) {
      // What can never be sure enough for the rule is not looked for.
      if ((rule.threshold ?? 0.5) > (detector.confidenceMax ?? 1)) continue;
      // A rule of words may be called as a built-in detector is: its words are a detector all the same.
      const key = rule.dictionary === undefined ? detector.id : `words ${detector.id}`;
      const entry = byDetector.get(key) ?? { detector, verdicts: [] };
      entry.verdicts.push(verdictOf(rule, detector.id));
      byDetector.set(key, entry);
    }
  }
  const entries = [...byDetector.values()];
  const patterns = rules.flatMap((rule) => {
    const scanner = scanners.get(rule.id);
    return scanner === undefined ? [] : [{ scanner, verdict: verdictOf(rule, rule.id) }];
  });
  return {
    engine: compileEngine(entries.map((entry) => entry.detector)),
    verdicts: entries.map((entry) => entry.verdicts),
    patterns,
    entities: rules.filter((rule) => rule.entity !== undefined),
  };
}

/** The cost class of every own pattern that `checkRules` has nothing against, by its rule. */
export function patternCostsOf(rules: readonly DlpRule[]): Record<string, CustomScanner["cost"]> {
  const costs: Record<string, CustomScanner["cost"]> = {};
  for (const { id, pattern } of rules)
    if (pattern !== undefined) costs[id] = compilePattern(id, pattern).cost;
  return costs;
}

/** Compiles rules. Throws when `checkRules` has anything against them. */
export function compileDlp(rules: readonly DlpRule[]): DlpProgram {
  const problems = checkRules(rules);
  const first = problems[0];
  if (first !== undefined) throw new Error(`DLP rules refused at ${first.path}: ${first.message}`);
  const active = rules.filter((rule) => rule.action !== "off");
  const scanners = new Map<string, CustomScanner>();
  for (const rule of active) {
    if (rule.pattern !== undefined) scanners.set(rule.id, compilePattern(rule.id, rule.pattern));
  }
  const plans = new Map<string, Plan | undefined>();
  const places = new Map<string, Plan | undefined>();
  return {
    rules,
    entityRules: active.filter((rule) => rule.entity !== undefined),
    watches: (direction) => active.some((rule) => rule.directions.includes(direction)),
    plan({ direction, channel }) {
      const place = `${direction} ${channel}`;
      if (places.has(place)) return places.get(place);
      const chosen = active.filter(
        (rule) => rule.directions.includes(direction) && (rule.channels?.includes(channel) ?? true),
      );
      // Places with the same rules share one plan.
      const key = chosen.map((rule) => rule.id).join(" ");
      const plan = plans.get(key) ?? buildPlan(chosen, scanners);
      plans.set(key, plan);
      places.set(place, plan);
      return plan;
    },
  };
}
