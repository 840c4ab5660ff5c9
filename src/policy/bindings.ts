/**
 * Providers behind bindings of the deployment: another Worker, or Workers AI. A policy names the
 * binding; what it leads to is decided in the deployment's own configuration.
 *
 * Invariant: no policy reaches what the gateway itself is bound to.
 */
import * as z from "zod";

/** The name of a binding of the deployment, as wrangler.toml has it. */
export const BindingName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, "the name of a binding, in capitals");

/** The gateway's own bindings: its actors, its stores, its console. */
export const OWN_BINDINGS: ReadonlySet<string> = new Set([
  "USERS",
  "BUDGETS",
  "POLICY",
  "LEDGER",
  "KEYS",
  "ARCHIVE",
  "PAYLOADS",
  "ASSETS",
]);

/** Why a provider cannot be behind `binding`; `undefined` where it can. */
export function bindingProblem(
  binding: string | undefined,
  baseUrl: string | undefined,
): string | undefined {
  if (binding === undefined) return undefined;
  if (isOwnBinding(binding)) {
    return `"${binding}" is the gateway's own; bind the provider under another name`;
  }
  if (baseUrl === undefined) return undefined;
  return "name either `baseUrl` or `binding`: a binding is the address";
}

export function isOwnBinding(binding: string): boolean {
  return OWN_BINDINGS.has(binding) || binding.startsWith("TALLYGATE_");
}
