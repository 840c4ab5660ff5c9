/**
 * A service beside the gateway that is asked about prompts: where it is, what opens it, how long it
 * may take. The guard's second classifier and the finder of entities are such.
 *
 * Invariant: prompts leave for a public address over https, or a binding that is not the gateway's
 * own, and nowhere else.
 */
import * as z from "zod";
import { addressProblem } from "./address.ts";
import { BindingName, isOwnBinding } from "./bindings.ts";
import { ownSecretProblem, SecretName } from "./credentials.ts";
import type { PolicyProblem } from "./validate.ts";

/** What a document says of every such service. */
export const serviceFields = {
  /** Its whole address; a POST of JSON goes there. */
  url: z.url().max(2_000).optional(),
  /** In place of an address: what the deployment is bound to. */
  binding: BindingName.optional(),
  /** Sent as `authorization: Bearer`; the name of a secret. */
  secret: SecretName.optional(),
  timeoutMs: z.int().min(50).max(10_000).default(1_500),
};

/** Where a service is and what opens it. */
export interface ServiceAddress {
  url?: string | undefined;
  binding?: string | undefined;
  secret?: string | undefined;
}

/** What is wrong with a service at a place of the document; `asked` and `bound` are for its sentences. */
export function serviceProblems(
  path: string,
  { url, binding, secret }: ServiceAddress,
  allowPrivate: boolean,
  { asked, bound }: { asked: string; bound: string },
): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const add = (field: string, message: string | undefined): void => {
    if (message !== undefined) problems.push({ path: `${path}${field}`, message });
  };
  if ((url === undefined) === (binding === undefined)) {
    add("", `name either \`url\` or \`binding\`: where ${asked} is asked`);
  }
  if (url !== undefined) add(".url", promptAddressProblem(url, allowPrivate));
  if (binding !== undefined && isOwnBinding(binding)) {
    add(".binding", `"${binding}" is the gateway's own; name ${bound}`);
  }
  add(".secret", ownSecretProblem(secret));
  return problems;
}

/** Why prompts do not go to an address; undefined when they may. Asked again before each call. */
export function promptAddressProblem(url: string, allowPrivate: boolean): string | undefined {
  const problem = addressProblem(url, allowPrivate);
  if (problem !== undefined) return problem;
  if (allowPrivate || url.toLowerCase().startsWith("https:")) return undefined;
  return "prompts go out over https:// only";
}
