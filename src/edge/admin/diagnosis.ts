/**
 * `GET /admin/diagnosis`: what only the Worker itself can say of how it is set up. Names of secrets
 * and whether they are there, never a value.
 */
import { PROVIDERS } from "#providers/registry.ts";
import { developmentValues } from "../development.ts";
import { transportOf } from "../pipeline/transport.ts";
import { currentPolicy } from "../policy-cache.ts";
import type { Reader } from "../record/reader.ts";
import { isBrokenJson, settingProblems } from "../settings.ts";

/** What a deployment lacks is found by `tallygate doctor`, which asks for this. */
export async function showDiagnosis({ c, principal }: Reader): Promise<Response> {
  const ctx = c.executionCtx as ExecutionContext;
  const { snapshot } = await currentPolicy(c.env, ctx, principal.organisation);
  const values = c.env as unknown as Readonly<Record<string, unknown>>;
  const isSet = (name: string): boolean => typeof values[name] === "string" && values[name] !== "";
  const providers = Object.entries(snapshot.document.providers).map(([name, entry]) => {
    const provider = PROVIDERS[entry.kind];
    const secret = entry.secret ?? provider?.secretName ?? "";
    // An address of one's own, a binding or a program on one's own machine may need no credential;
    // one that policy names is needed whatever it is for.
    const own = (entry.baseUrl ?? entry.binding) !== undefined || provider?.keyOptional === true;
    const needed = entry.secret !== undefined || (secret !== "" && !own);
    const { kind, binding } = entry;
    const broken = provider?.signing !== undefined && isBrokenJson(values[secret]);
    const facts = { name, kind, secret, needed, set: isSet(secret), ...(broken && { broken }) };
    if (binding === undefined) return facts;
    return { ...facts, binding, bound: transportOf(c.env, { kind, binding }) !== undefined };
  });
  return c.json({
    at: Date.now(),
    policyVersion: snapshot.version,
    providers,
    signingKey: isSet("TALLYGATE_SIGNING_KEY"),
    development: developmentValues(c.env),
    settings: settingProblems(values),
  });
}
