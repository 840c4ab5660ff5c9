/**
 * Which changes of a policy let more through: more requests, more money, more models, more text.
 *
 * A reviewer's help, not a proof: what no rule knows is `unclear`, never `harmless`.
 */
import type { PolicyChange } from "#policy/diff.ts";

export type Weight = "widens" | "unclear" | "harmless";

type Judge = (before: unknown, after: unknown) => Weight;

const widensIf = (is: boolean): Weight => (is ? "widens" : "harmless");

/** Its number may not grow; one that was not there, or is gone, bounds nothing. */
const more: Judge = (before, after) =>
  widensIf(Number(after ?? Infinity) > Number(before ?? Infinity));
const less: Judge = (before, after) => widensIf(Number(after ?? 0) < Number(before ?? 0));
/** A rule as a whole: without it more passes. */
const whole: Judge = (_before, after) => widensIf(after === undefined);
/** Something that can be called, or may be. */
const offer: Judge = (before) => widensIf(before === undefined);
const always: Judge = () => "widens";
const unclear: Judge = () => "unclear";
const harmless: Judge = () => "harmless";

/** From the narrowest to the widest; a word that is not there is unclear. */
const ranked =
  (...words: string[]): Judge =>
  (before, after) => {
    const [from, to] = [words.indexOf(String(before)), words.indexOf(String(after))];
    return from < 0 || to < 0 ? "unclear" : widensIf(to > from);
  };

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
/** A list that lets through what it names. */
const gained: Judge = (before, after) =>
  widensIf(listOf(after).some((name) => !listOf(before).includes(name)));
/** A list that stops what it names, or what a rule looks at. */
const lost: Judge = (before, after) =>
  widensIf(listOf(before).some((name) => !listOf(after).includes(name)));
/** A list that is everything when it is absent. */
const lostOrGiven: Judge = (before, after) =>
  before === undefined ? "widens" : after === undefined ? "harmless" : lost(before, after);

/** The first that fits a path decides. A star stands for one name, two for any rest. */
const rules: [path: string, judge: Judge][] = [
  ["limits.*", whole],
  ["limits.*.limit", more],
  ["limits.*.windowMs", less],
  ["limits.*.mode", ranked("sliding", "fixed", "gcra")],
  ["concurrency.*", whole],
  ["concurrency.*.limit", more],
  ["budgets.*", whole],
  ["budgets.*.limitUsd", more],
  ["budgets.*.period", ranked("month", "week", "day")],
  ["budgets.*.atLimit", ranked("block", "downgrade", "allow")],
  ["budgets.*.parent", whole],
  ["budgets.*.thresholds", harmless],
  ["models.allow", gained],
  ["models.deny", lost],
  ["tiers.*.title", harmless],
  ["tiers.*.maxOutputTokens", more],
  ["tiers.*.candidates[*].priority", harmless],
  ["tiers.*.candidates[*].serves", gained],
  ["tiers.*.candidates[*].model", always],
  ["tiers.*.candidates[*].provider", always],
  ["tiers.*.candidates[*]", offer],
  ["tiers.*", offer],
  ["providers.*.baseUrl", always],
  ["providers.*", offer],
  ["dlp.rules.*", whole],
  ["dlp.rules.*.action", ranked("block", "redact", "mask", "tokenize", "warn", "off")],
  ["dlp.rules.*.mode", ranked("enforce", "monitor")],
  ["dlp.rules.*.threshold", more],
  ["dlp.rules.*.directions", lost],
  ["dlp.rules.*.channels", lostOrGiven],
  ["dlp.rules.*.dictionary", lost],
  ["dlp.entities", whole],
  ["dlp.entities.onFailure", ranked("block", "pass")],
  ["dlp.entities.types", lost],
  ["guard.action", ranked("block", "flag", "off")],
  ["guard.threshold", more],
  ["guard.channels", lostOrGiven],
  ["guard.byChannel.*.action", ranked("block", "flag", "off")],
  ["guard.byChannel.*.threshold", more],
  [
    "guard.secondStage",
    (before, after) => (before === undefined ? "unclear" : whole(before, after)),
  ],
  ["guard.secondStage.failMode", ranked("closed", "open")],
  ["guard.secondStage.threshold", more],
  ["accounting.mode", ranked("strict", "estimate")],
  ["accounting.unpriced", (before) => widensIf(before === "deny")],
  ["accounting.defaultMaxOutputTokens", more],
  ["accounting.holdMs", harmless],
  ["upstream.**", harmless],
  ["cache.scope", ranked("user", "team", "organisation")],
  ["cache.ttlSeconds", harmless],
  ["cache.maxTtlSeconds", harmless],
  ["cache.tiers.**", harmless],
  ["cloudflare.accounts", gained],
  ["**", unclear],
];

const compiled = rules.map(([path, judge]): [RegExp, Judge] => {
  const pattern = path
    .replaceAll(/[.[\]]/g, "\\$&")
    .replaceAll("**", "\0")
    .replaceAll("*", "[^.\\]]+")
    .replaceAll("\0", ".*");
  return [new RegExp(`^${pattern}$`), judge];
});

/** What a reviewer should think of one change. */
export function weigh({ path, before, after }: PolicyChange): Weight {
  const judge = compiled.find(([pattern]) => pattern.test(path))?.[1] ?? unclear;
  return judge(before, after);
}
