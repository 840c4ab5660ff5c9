/**
 * Turns what an admin wrote into a policy document, or says everything that is wrong with it: the
 * schema first, then what refers to what.
 */
import { canonicalJson } from "#events/canonical.ts";
import { addressProblem } from "./address.ts";
import { isShared } from "./compile.ts";
import { bindingProblem } from "./bindings.ts";
import { isTimeZone } from "./calendar.ts";
import { credentialProblems, ownSecretProblem } from "./credentials.ts";
import { PolicyDocument } from "./document.ts";
import { entityProblems } from "./entities.ts";
import { type BookPrice, guardPriceProblems } from "./guard-price.ts";
import { guardProblems } from "./guard.ts";
import { routeProblems } from "./route-problems.ts";
import { documentBytesMax, problemsMax } from "./limits.ts";
import { isReservedName } from "./reserved.ts";
import { sinkProblems } from "./sinks.ts";
import { splitProblems } from "./split.ts";

/** One thing to mend. `path` is as in `tiers.standard.candidates[0].provider`. */
export interface PolicyProblem {
  path: string;
  message: string;
}

/** What the rest of the gateway offers, which a document may name. */
export interface KnownFeatures {
  /** The adapters: `openai`, `anthropic`, ... */
  providerKinds: ReadonlySet<string>;
  /** How a base URL is written, of the adapters that have none until a document names it. */
  baseUrlForms?: ReadonlyMap<string, string>;
  /** Problems of the DLP rules, with paths below `dlp`, as in `rules.3.pattern`. */
  checkDlpRules(rules: PolicyDocument["dlp"]["rules"]): PolicyProblem[];
  /** Public prices of models, by the kind of provider. */
  bookPrice?: BookPrice;
  /** Lets providers live on this machine or in a private network. */
  allowPrivate?: boolean;
}

export type Validation =
  | { ok: true; document: PolicyDocument }
  | { ok: false; problems: PolicyProblem[] };

/** Validates a document of unknown origin. With `ok` every default is written out. */
export function validatePolicy(input: unknown, known: KnownFeatures): Validation {
  const parsed = PolicyDocument.safeParse(input);
  if (!parsed.success) {
    return refusedWith(
      parsed.error.issues.map((issue) => ({ path: pathOf(issue.path), message: issue.message })),
    );
  }
  const document = parsed.data;
  const problems = [
    ...sizeProblems(document),
    ...timeZoneProblems(document),
    ...providerProblems(document, known),
    ...credentialProblems(document),
    ...tierProblems(document),
    ...routeProblems(document),
    ...patternProblems(document),
    ...nameProblems(document),
    ...amountProblems(document),
    ...scopeProblems(document),
    ...ruleRouteProblems(document),
    ...parentProblems(document),
    ...splitProblems(document),
    ...dlpProblems(document, known),
    ...entityProblems(document.dlp, known.allowPrivate ?? false),
    ...guardProblems(document.guard, known.allowPrivate ?? false),
    ...guardPriceProblems(document, known.bookPrice ?? (() => undefined)),
    ...sinkProblems(document.sinks, known.allowPrivate ?? false),
  ];
  return problems.length > 0 ? refusedWith(problems) : { ok: true, document };
}

function refusedWith(problems: PolicyProblem[]): Validation {
  return { ok: false, problems: problems.slice(0, problemsMax) };
}

/** A path for people, from the steps to a place in a document. */
export function pathOf(steps: readonly PropertyKey[]): string {
  return steps
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`,
    )
    .join("");
}

function sizeProblems(document: PolicyDocument): PolicyProblem[] {
  const bytes = new TextEncoder().encode(canonicalJson(document)).length;
  if (bytes <= documentBytesMax) return [];
  const message = `the document is ${bytes} bytes long, at most ${documentBytesMax} are kept`;
  return [{ path: "", message }];
}

function timeZoneProblems({ timeZone }: PolicyDocument): PolicyProblem[] {
  if (isTimeZone(timeZone)) return [];
  const message = `"${timeZone}" is no time zone; write one as in "Europe/Berlin"`;
  return [{ path: "timeZone", message }];
}

function providerProblems(document: PolicyDocument, known: KnownFeatures): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  for (const [name, { kind, baseUrl, binding, secret }] of Object.entries(document.providers)) {
    if (isReservedName(name)) {
      const message = `"${name}" is the first part of the gateway's own addresses; call the provider something else`;
      problems.push({ path: `providers.${name}`, message });
    }
    if (!known.providerKinds.has(kind)) {
      const kinds = [...known.providerKinds].sort().join(", ");
      const message = `there is no provider kind "${kind}"; known are ${kinds}`;
      problems.push({ path: `providers.${name}.kind`, message });
    }
    const reserved = ownSecretProblem(secret);
    if (reserved !== undefined) {
      problems.push({ path: `providers.${name}.secret`, message: reserved });
    }
    const unbound = bindingProblem(binding, baseUrl);
    if (unbound !== undefined) {
      problems.push({ path: `providers.${name}.binding`, message: unbound });
    }
    const form = binding === undefined ? known.baseUrlForms?.get(kind) : undefined;
    const message =
      baseUrl === undefined
        ? form && `each customer of "${kind}" has an address; write yours, as in "${form}"`
        : addressProblem(baseUrl, known.allowPrivate ?? false);
    if (message) problems.push({ path: `providers.${name}.baseUrl`, message });
  }
  return problems;
}

function tierProblems(document: PolicyDocument): PolicyProblem[] {
  const { tiers, providers, defaultTier } = document;
  const problems: PolicyProblem[] = [];
  if (!Object.hasOwn(tiers, defaultTier)) {
    problems.push({ path: "defaultTier", message: `there is no tier "${defaultTier}"` });
  }
  for (const [name, tier] of Object.entries(tiers)) {
    for (const [index, { provider }] of tier.candidates.entries()) {
      if (Object.hasOwn(providers, provider)) continue;
      const path = `tiers.${name}.candidates[${index}].provider`;
      problems.push({ path, message: `there is no provider "${provider}"` });
    }
    if (tier.downgradeTo === undefined) continue;
    const path = `tiers.${name}.downgradeTo`;
    if (!Object.hasOwn(tiers, tier.downgradeTo)) {
      problems.push({ path, message: `there is no tier "${tier.downgradeTo}"` });
    } else if (leadsBack(tiers, name)) {
      problems.push({ path, message: "the tiers to downgrade to lead back here" });
    }
  }
  return problems;
}

function leadsBack(tiers: PolicyDocument["tiers"], start: string): boolean {
  const seen = new Set<string>();
  let next = tiers[start]?.downgradeTo;
  while (next !== undefined && !seen.has(next)) {
    if (next === start) return true;
    seen.add(next);
    next = tiers[next]?.downgradeTo;
  }
  return false;
}

/** Prices are looked up by the longest name that matches, so a star may only end one. */
function patternProblems(document: PolicyDocument): PolicyProblem[] {
  return Object.keys(document.prices).flatMap((pattern, index) => {
    const star = pattern.indexOf("*");
    if (star === -1 || star === pattern.length - 1) return [];
    const message = `in "${pattern}" a star may only stand at the end`;
    return [{ path: `prices[${index}]`, message }];
  });
}

function nameProblems(document: PolicyDocument): PolicyProblem[] {
  const lists: [string, readonly string[]][] = [
    // Rate limits and caps share one list of names in answers, so they share one here.
    ["limits", [...document.limits, ...document.concurrency].map(({ name }) => name)],
    ["budgets", document.budgets.map(({ name }) => name)],
    ["dlp.rules", document.dlp.rules.map(({ id }) => id)],
    ["routes", (document.routes ?? []).map(({ name }) => name)],
  ];
  return lists.flatMap(([path, names]) => {
    const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    return [...twice].map((name) => ({ path, message: `the name "${name}" is used twice` }));
  });
}

function amountProblems(document: PolicyDocument): PolicyProblem[] {
  return document.limits.flatMap(({ metric, limit }, index) => {
    const path = `limits[${index}].limit`;
    if (metric !== "usd") {
      return Number.isSafeInteger(limit) ? [] : [{ path, message: `${metric} are whole numbers` }];
    }
    const whole = Math.round(limit * 1e9);
    if (whole >= 1 && Number.isSafeInteger(whole)) return [];
    return [{ path, message: "dollars are at least 0.000000001 and at most 9,000,000" }];
  });
}

function scopeProblems(document: PolicyDocument): PolicyProblem[] {
  return document.limits.flatMap(({ scope, mode }, index) => {
    if (mode !== "gcra" || !isShared(scope)) return [];
    const message = `a rate of the ${scope} is counted for many at once, which "gcra" cannot be exactly; use "sliding" or "fixed"`;
    return [{ path: `limits[${index}].mode`, message }];
  });
}

/** A rule for a route that is not there would never apply. */
function ruleRouteProblems(document: PolicyDocument): PolicyProblem[] {
  const routes = new Set((document.routes ?? []).map(({ name }) => name));
  const { limits, concurrency, budgets } = document;
  return Object.entries({ limits, concurrency, budgets }).flatMap(([list, rules]) =>
    rules.flatMap(({ scope, when }, index) => {
      const problems = (when.routes ?? [])
        .filter((route) => !routes.has(route))
        .map((route) => ({
          path: `${list}[${index}].when.routes`,
          message: `there is no route "${route}"`,
        }));
      if (scope !== "route" || routes.size > 0) return problems;
      const path = `${list}[${index}].scope`;
      return [...problems, { path, message: "the policy has no routes to count apart" }];
    }),
  );
}

/** A team's budget may be part of an organisation's: one step up, so that no chain leads back. */
function parentProblems({ budgets }: PolicyDocument): PolicyProblem[] {
  return budgets.flatMap(({ name, scope, period, parent: parentName, when }, index) => {
    if (parentName === undefined) return [];
    const path = `budgets[${index}].parent`;
    const problem = (message: string): PolicyProblem[] => [{ path, message }];
    const parent = budgets.find((other) => other.name === parentName);
    if (parent === undefined) return problem(`there is no budget "${parentName}"`);
    if (scope !== "team") return problem('only a budget of the scope "team" has a parent');
    if (parent.scope !== "organisation") {
      return problem(`"${parentName}" is no budget of the scope "organisation"`);
    }
    if (parent.period !== period) {
      return problem(`"${name}" runs by the ${period} and its parent by the ${parent.period}`);
    }
    const isWider = Object.values(parent.when).every((list) => list === undefined);
    if (!isWider && canonicalJson(parent.when) !== canonicalJson(when)) {
      return problem(`"${parentName}" applies to some requests only, and not to all of "${name}"`);
    }
    const sibling = budgets.find((other) => other.parent === parentName && other.name !== name);
    if (sibling === undefined) return [];
    return problem(
      `"${sibling.name}" is part of "${parentName}" already; a request would count twice`,
    );
  });
}

function dlpProblems(document: PolicyDocument, known: KnownFeatures): PolicyProblem[] {
  return known.checkDlpRules(document.dlp.rules).map(({ path, message }) => ({
    // As in `rules.3.pattern`, in this page's way of writing places.
    path: `dlp.${path}`.replace(/\.(\d+)(?=\.|$)/g, "[$1]"),
    message,
  }));
}
