/** The models a caller may ask for, as each kind of client lists them. */
import type { Context } from "hono";
import type { Env } from "#actors/kit/env.ts";
import { modelsFor } from "#policy/models.ts";
import { scopeOf } from "#policy/key-scope.ts";
import { resolveFor } from "#policy/resolve.ts";
import { identify } from "../auth/identify.ts";
import { withinScope } from "../auth/scope.ts";
import { GatewayError } from "../errors.ts";
import { currentPolicy } from "../policy-cache.ts";

type ModelContext = Context<{ Bindings: Env; Variables: { requestId: string } }>;

const openai = (id: string) => ({ id, object: "model", created: 0, owned_by: "tallygate" });
const anthropic = (id: string) => ({
  type: "model",
  id,
  display_name: id,
  created_at: "1970-01-01T00:00:00Z",
});
const google = (id: string) => ({
  name: `models/${id}`,
  displayName: id,
  supportedGenerationMethods: ["generateContent", "countTokens"],
});
const ollama = (id: string) => ({
  name: id,
  model: id,
  modified_at: "1970-01-01T00:00:00Z",
  size: 0,
  digest: "",
  details: { family: "", parameter_size: "", quantization_level: "" },
});

/** `GET /v1/models`, in OpenAI's words or, for those who send its version header, Anthropic's. */
export async function listModels(c: ModelContext): Promise<Response> {
  const { models } = await modelsOf(c);
  if (c.req.header("anthropic-version") === undefined) {
    return c.json({ object: "list", data: models.map(openai) });
  }
  const data = models.map(anthropic);
  return c.json({
    data,
    has_more: false,
    first_id: models[0] ?? null,
    last_id: models.at(-1) ?? null,
  });
}

/** `GET /v1/models/{id}`: also for a model that only a pattern of the policy names. */
export async function showModel(c: ModelContext): Promise<Response> {
  const id = decoded(c.req.path.slice("/v1/models/".length));
  const { snapshot, principal } = await modelsOf(c);
  const { member, keyId } = principal;
  const { refusal } = resolveFor(snapshot, { member, keyId, model: id, tags: [] });
  if (refusal !== undefined) throw new GatewayError("model_not_found", refusal.message);
  if (scopeOf(principal)?.allowsModel(id) === false) {
    const message = `The model "${id}" is not in the scope of this key.`;
    throw new GatewayError("model_not_found", message);
  }
  return c.json(c.req.header("anthropic-version") === undefined ? openai(id) : anthropic(id));
}

/** `GET /v1beta/models`. */
export async function listGoogleModels(c: ModelContext): Promise<Response> {
  const { models } = await modelsOf(c);
  return c.json({ models: models.map(google) });
}

/** `GET /api/tags`. */
export async function listOllamaModels(c: ModelContext): Promise<Response> {
  const { models } = await modelsOf(c);
  return c.json({ models: models.map(ollama) });
}

async function modelsOf(c: ModelContext) {
  const caller = await identify(c.req.raw, c.env, Date.now());
  const principal = withinScope(c.req.raw, caller, "inference");
  const ctx = c.executionCtx as ExecutionContext;
  const { snapshot } = await currentPolicy(c.env, ctx, principal.organisation);
  const scope = scopeOf(principal);
  const models = modelsFor(snapshot, principal.member).filter(
    (model) => scope?.allowsModel(model) ?? true,
  );
  return { principal, snapshot, models };
}

/** A path's last part as its sender meant it; as it came when its escapes are none. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
