/**
 * What the deployment's own settings must look like, besides that they are there: asked by the
 * diagnosis, by `tallygate doctor` behind it, and by a deployment before it uploads. Whatever reads a
 * setting refuses by itself when it is wrong; here all of them are looked at together.
 */
import { restoredAtProblem, type UnreadableSetting } from "#actors/kit/setting.ts";
import { readWitnesses } from "#actors/ledger/witnesses.ts";
import { readPublicKey } from "#events/note.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { issuersProblem } from "./auth/tokens.ts";

type Check = (value: string) => string | undefined;

const isKey = (text: string): boolean => readPublicKey(text) !== undefined;

const checks: Readonly<Record<string, Check>> = {
  TALLYGATE_JWT_ISSUERS: issuersProblem,
  TALLYGATE_WITNESSES: (value) => {
    const read = readWitnesses(value);
    return typeof read === "string" ? read : undefined;
  },
  // A seed has the length of a public key.
  TALLYGATE_SIGNING_KEY: (value) =>
    /^[A-Za-z0-9+/]{43}=$/.test(value.trim()) && isKey(value)
      ? undefined
      : "it is not the base64 of 32 bytes",
  TALLYGATE_RETIRED_KEYS: (value) =>
    value.trim().split(/\s+/).every(isKey)
      ? undefined
      : "one of them is neither the base64 of 32 bytes nor a verifier key",
  TALLYGATE_RESTORED_AT: restoredAtProblem,
};

/** Everything that is wrong with the settings of an environment; those that are empty are not set. */
export function settingProblems(values: Readonly<Record<string, unknown>>): UnreadableSetting[] {
  return Object.entries(checks).flatMap(([name, check]) => {
    const value = values[name];
    const problem = typeof value === "string" && value !== "" ? check(value) : undefined;
    return problem === undefined ? [] : [{ name, problem }];
  });
}

/** Whether a provider's secret begins as JSON, as some vendors' keys are written, and is none. */
export const isBrokenJson = (value: unknown): boolean =>
  typeof value === "string" &&
  value.trimStart().startsWith("{") &&
  tryParseJson(value) === undefined;
