/** Secrets that a policy names: providers' credentials, sinks' keys. */
import type { Env } from "./env.ts";

/** A secret by its name; `undefined` when it is not set, or is the deployment's own. */
export function namedSecret(env: Env, name: string): string | undefined {
  // The deployment's own secrets are nobody's credential, whatever a policy names.
  if (name.startsWith("TALLYGATE_")) return undefined;
  const value = (env as unknown as Record<string, unknown>)[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
