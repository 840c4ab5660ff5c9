/** What the rest of the gateway offers to a policy document. */
import { checkRules } from "#dlp/program.ts";
import type { KnownFeatures } from "#policy/validate.ts";
import { providerIds } from "#providers/registry.ts";

/** The features of this build; `allowPrivate` is the deployment's choice. */
export function knownFeatures(allowPrivate: boolean): KnownFeatures {
  return { providerKinds: new Set(providerIds()), checkDlpRules: checkRules, allowPrivate };
}
