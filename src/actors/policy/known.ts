/** What the rest of the gateway offers to a policy document. */
import { checkRules } from "#dlp/program.ts";
import type { KnownFeatures } from "#policy/validate.ts";
import { priceOf } from "#providers/price-book.ts";
import { providerIds, PROVIDERS } from "#providers/registry.ts";

const providerKinds = new Set(providerIds());
const baseUrlForms = new Map(
  Object.entries(PROVIDERS).flatMap(([kind, { baseUrlForm }]) =>
    baseUrlForm === undefined ? [] : [[kind, baseUrlForm] as const],
  ),
);

/** The features of this build; `allowPrivate` is the deployment's choice. */
export function knownFeatures(allowPrivate: boolean): KnownFeatures {
  return {
    providerKinds,
    baseUrlForms,
    checkDlpRules: checkRules,
    bookPrice: priceOf,
    allowPrivate,
  };
}
