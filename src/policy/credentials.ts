/**
 * With which of its credentials a provider is asked: by the candidate's alias, by the caller's, by
 * weight, else the first.
 *
 * Invariants: only a credential of the provider's own list is ever chosen; an alias that the list
 * does not have chooses nothing; the same request always draws alike.
 */
import * as z from "zod";
import { sha256Hex } from "#events/sha256.ts";
import type { PolicyDocument } from "./document.ts";
import { credentialsMax } from "./limits.ts";
import { Name } from "./shapes.ts";
import type { PolicyProblem } from "./validate.ts";

/** The name of a secret of the deployment; its value stands in no document. */
export const SecretName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, "the name of a secret, in capitals");

const Credential = z.strictObject({
  alias: Name,
  secret: SecretName,
  /** Its part of the requests that name no alias; without any weight the first has them all. */
  weight: z.int().min(1).max(10_000).optional(),
});
export type CredentialSpec = z.infer<typeof Credential>;

/** What a provider may say of credentials beside `secret`. */
export const credentialOptions = {
  /** Several secrets by alias, in place of `secret`; the first is the default. */
  credentials: z.array(Credential).min(1).max(credentialsMax).optional(),
  /** `allow` lets callers who name this provider send it a key of their own. */
  callerKeys: z.enum(["allow", "deny"]).optional(),
};

/** What callers of Cloudflare's gateway call the credential that they get without a name. */
export const DEFAULT_ALIAS = "default";
/** What the books call a caller's own key, so no credential may be called so. */
export const CALLER_ALIAS = "caller";

/**
 * The credentials to choose from, best first; none when `alias` is not one of them. `draw` names
 * the request.
 */
export function credentialsFor(
  all: readonly CredentialSpec[],
  alias: string | undefined,
  draw: string,
): readonly CredentialSpec[] {
  const [first] = all;
  if (alias !== undefined) {
    const named = all.find((one) => one.alias === alias);
    const chosen = named ?? (alias === DEFAULT_ALIAS ? first : undefined);
    return chosen === undefined ? [] : [chosen];
  }
  const weighted = all.filter(({ weight }) => weight !== undefined);
  if (weighted.length === 0) return first === undefined ? [] : [first];
  return weighted
    .map((one) => ({ one, rank: rankOf(one, draw) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

/** An exponential draw: the least of several is each one's with the chance of its weight. */
function rankOf({ alias, weight = 1 }: CredentialSpec, draw: string): number {
  const hex = sha256Hex(JSON.stringify(["credential", alias, draw])).slice(0, 12);
  return -Math.log(Number.parseInt(hex, 16) / 2 ** 48 + 2 ** -49) / weight;
}

/** Why a secret cannot be a credential: the deployment's own secrets are nobody's. */
export function ownSecretProblem(secret: string | undefined): string | undefined {
  if (secret?.startsWith("TALLYGATE_") !== true) return undefined;
  return `"${secret}" is a secret of the gateway itself and is never sent to a provider; keep the credential in a secret of another name`;
}

/** Everything that is wrong with a document's credentials and with what names them. */
export function credentialProblems({ providers, tiers, routes }: PolicyDocument): PolicyProblem[] {
  const problems = Object.entries(providers).flatMap(([name, entry]) =>
    entryProblems(`providers.${name}`, entry),
  );
  const serving = [
    ...Object.entries(tiers).map(
      ([name, { candidates }]) => [`tiers.${name}`, candidates] as const,
    ),
    ...(routes ?? []).map(({ candidates }, index) => [`routes[${index}]`, candidates] as const),
  ];
  for (const [place, candidates] of serving) {
    for (const [index, { provider, credential }] of candidates.entries()) {
      const entry = providers[provider];
      if (entry === undefined || credential === undefined) continue;
      if (entry.credentials?.some(({ alias }) => alias === credential) === true) continue;
      const path = `${place}.candidates[${index}].credential`;
      problems.push({ path, message: `"${provider}" has no credential "${credential}"` });
    }
  }
  return problems;
}

function entryProblems(
  path: string,
  { secret, credentials }: PolicyDocument["providers"][string],
): PolicyProblem[] {
  if (credentials === undefined) return [];
  const problems: PolicyProblem[] = [];
  if (secret !== undefined) {
    const message = "name either `secret` or `credentials`, whose first is the default";
    problems.push({ path: `${path}.secret`, message });
  }
  for (const [index, one] of credentials.entries()) {
    const at = `${path}.credentials[${index}]`;
    const reserved = ownSecretProblem(one.secret);
    if (reserved !== undefined) problems.push({ path: `${at}.secret`, message: reserved });
    if (one.alias === CALLER_ALIAS) {
      const message = `"${CALLER_ALIAS}" is what the record calls a caller's own key`;
      problems.push({ path: `${at}.alias`, message });
    }
    if (credentials.findIndex(({ alias }) => alias === one.alias) < index) {
      problems.push({ path: `${at}.alias`, message: `the alias "${one.alias}" is used twice` });
    }
  }
  return problems;
}
