/** What the rest of the gateway offers to a policy document. */
import type { KnownFeatures } from "#policy/validate.ts";

const providerKinds: ReadonlySet<string> = new Set(["openai", "anthropic", "google", "ollama"]);

/** The features of this build; `allowPrivate` is the deployment's choice. */
export function knownFeatures(allowPrivate: boolean): KnownFeatures {
  return { providerKinds, checkDlpRules: () => [], allowPrivate };
}
