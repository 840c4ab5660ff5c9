/**
 * `GET /admin/circuits`: how the providers of the live policy look to the isolate that answers: the
 * circuit of each credential, and how fast each model answered lately. Other isolates may know other
 * things; names of secrets, never a value.
 */
import { currentPolicy } from "../policy-cache.ts";
import { circuitState } from "../pipeline/circuits.ts";
import { latenciesOf } from "../pipeline/latency.ts";
import type { Reader } from "../record/reader.ts";

/** `{at, policyVersion, providers: [{name, circuits: [...], latencies: [...]}]}`. */
export async function showCircuits({ c, principal }: Reader): Promise<Response> {
  const ctx = c.executionCtx as ExecutionContext;
  const { organisation } = principal;
  const { snapshot } = await currentPolicy(c.env, ctx, organisation);
  const at = Date.now();
  const providers = Object.entries(snapshot.document.providers).map(([name, entry]) => {
    const { secret, credentials, baseUrl, binding } = entry;
    const used = credentials ?? [secret === undefined ? {} : { secret }];
    const circuits = used.map((credential) => ({
      ...credential,
      ...circuitState(
        {
          provider: name,
          ...(baseUrl === undefined ? {} : { baseUrl }),
          ...(binding === undefined ? {} : { binding }),
          ...(credential.secret === undefined ? {} : { secret: credential.secret }),
        },
        at,
      ),
    }));
    return { name, circuits, latencies: latenciesOf(organisation, name, at) };
  });
  return c.json({ at, policyVersion: snapshot.version, providers });
}
