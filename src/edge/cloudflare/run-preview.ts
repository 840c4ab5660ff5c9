/**
 * `POST /v1/{account}/{gateway}/run`: one whole answer between what Cloudflare calls states.
 * Source: developers.cloudflare.com/ai-gateway/usage/run-api.
 */
import { tryParseJson } from "#events/parse-json.ts";

interface Refused {
  errors?: { code?: number; message?: string }[];
  error?: { code?: unknown; message?: string };
}

/** An answer of the pipeline as `{state, result, provider, model}`, its status and headers kept. */
export async function asRunState(answer: Response): Promise<Response> {
  const { status } = answer;
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  const result = tryParseJson(await answer.text()) ?? null;
  const provider = headers.get("cf-aig-provider");
  const model = headers.get("cf-aig-model");
  if (answer.ok) {
    return Response.json({ state: "Completed", result, provider, model }, { status, headers });
  }
  const { errors, error } = (result ?? {}) as Refused;
  const { code, message } = errors?.[0] ?? error ?? {};
  const told = { code: code ?? status, message: message ?? "The call failed." };
  return Response.json({ state: "Failed", provider, model, error: told }, { status, headers });
}
