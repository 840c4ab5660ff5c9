/** Embeddings, asked in one of three ways and answered by a provider of any of them. */
import type {
  Dialect,
  JsonObject,
  Provider,
  Result,
  UpstreamDialect,
  UpstreamId,
} from "#providers/types.ts";
import type { Endpoint, Outgoing } from "../pipeline/endpoint.ts";
import { EMBED_WIRES, type EmbedWireId } from "./embed-wires.ts";

/** How a provider of each dialect takes embeddings. */
const WIRE_OF: Partial<Record<UpstreamId, EmbedWireId>> = {
  "openai-chat": "openai",
  "openai-responses": "openai",
  "ollama-chat": "ollama",
  "google-generate": "google",
  "workers-ai-run": "workersAi",
};

/** Embeddings in the caller's words; `dialect` gives the shape of refusals. */
export function embeddingsEndpoint(
  id: EmbedWireId,
  dialect: Dialect,
  upstreamOf: (id: UpstreamId) => UpstreamDialect,
): Endpoint {
  const own = EMBED_WIRES[id];
  return {
    kind: "embeddings",
    action: "embedding.create",
    dialect,
    view: (body) => own.view(body),
    texts: (body) => own.texts(body),
    unreadable: (body) => own.read(body).inputs.some((input) => typeof input !== "string"),
    asks: (provider) =>
      provider.operations.includes("embeddings") && WIRE_OF[provider.dialect] !== undefined,
    outgoing: (body, provider, { model }) => outgoing(id, body, provider, model, upstreamOf),
    meta(body, from) {
      const answer = wireOf(from)?.readAnswer(body);
      return {
        ...(answer?.usage === undefined ? {} : { usage: answer.usage }),
        ...(answer?.model === undefined ? {} : { servedModel: answer.model }),
      };
    },
    convert(body, from, asked) {
      // A single `embedContent` goes out as a batch of one, so its answer is always turned back.
      if (WIRE_OF[from.id] === id && id !== "google") return undefined;
      const answer = wireOf(from)?.readAnswer(body);
      if (answer === undefined) {
        return { ok: false, error: { field: "body", message: "expected embeddings" } };
      }
      return { ok: true, value: own.writeAnswer(answer, asked.body) };
    },
    answerTexts: () => [],
  };
}

function wireOf(dialect: UpstreamDialect) {
  const id = WIRE_OF[dialect.id];
  return id === undefined ? undefined : EMBED_WIRES[id];
}

function outgoing(
  id: EmbedWireId,
  body: JsonObject,
  provider: Provider,
  model: string,
  upstreamOf: (id: UpstreamId) => UpstreamDialect,
): Result<Outgoing> {
  const dialect = upstreamOf(provider.dialect);
  const wire = wireOf(dialect) ?? EMBED_WIRES.openai;
  const base = { operation: "embeddings", dialect } as const;
  if (WIRE_OF[provider.dialect] === id) {
    return { ok: true, value: { ...base, body: wire.prepare(body, model) } };
  }
  const ask = EMBED_WIRES[id].read(body);
  const [field] = ask.own;
  if (field !== undefined) {
    return { ok: false, error: { field, message: "the other side has no word for it" } };
  }
  if (ask.inputs.some((input) => typeof input !== "string")) {
    return { ok: false, error: { field: "input", message: "expected texts, not token numbers" } };
  }
  return { ok: true, value: { ...base, body: wire.write(ask, model) } };
}
