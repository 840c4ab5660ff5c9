/**
 * Embeddings as OpenAI, Ollama and Gemini write them, by way of one small union. Formats:
 * platform.openai.com/docs/api-reference/embeddings, docs.ollama.com/api/embed and
 * ai.google.dev/api/embeddings (`batchEmbedContents`, `embedContent`).
 */
import type { Usage } from "#events/money.ts";
import { asArray, asNumber, asObject, asString, compact, objectsIn } from "#providers/json.ts";
import {
  embeddingsMeta,
  embeddingsTexts,
  parseEmbeddings,
} from "#providers/openai-chat/embeddings.ts";
import { addField } from "#providers/texts.ts";
import type { Json, JsonObject, RequestView, Result, TextSlot } from "#providers/types.ts";

/** What is to be embedded, in nobody's words. */
export interface EmbedAsk {
  inputs: Json[];
  dimensions?: number;
  /** Vectors as base64 of 32-bit floats, as OpenAI's SDK asks for. */
  base64: boolean;
  /** Fields that only the wire they came on knows, by name: they do not cross. */
  own: string[];
}

export interface EmbedAnswer {
  model?: string;
  vectors: Json[];
  usage?: Usage;
}

/** One way to write embeddings. */
export interface EmbedWire {
  view(body: JsonObject): Result<RequestView>;
  texts(body: JsonObject): TextSlot[];
  /** The caller's own body for a provider of the same wire. */
  prepare(body: JsonObject, model: string): JsonObject;
  read(body: JsonObject): EmbedAsk;
  write(ask: EmbedAsk, model: string): JsonObject;
  readAnswer(body: Json): EmbedAnswer | undefined;
  writeAnswer(answer: EmbedAnswer, asked: JsonObject): JsonObject;
}

const KNOWN_BY_ALL = new Set(["model", "input", "dimensions", "encoding_format", "user"]);

const openai: EmbedWire = {
  view: (body) => parseEmbeddings(body),
  texts: embeddingsTexts,
  prepare: (body, model) => ({ ...body, model }),
  read(body) {
    const input = body["input"] ?? "";
    const dimensions = asNumber(body["dimensions"]);
    // A list of numbers is one text, already cut into tokens.
    const one = !Array.isArray(input) || typeof input[0] === "number";
    return {
      inputs: one ? [input] : input,
      base64: body["encoding_format"] === "base64",
      own: Object.keys(body).filter((name) => !KNOWN_BY_ALL.has(name)),
      ...(dimensions === undefined ? {} : { dimensions }),
    };
  },
  write: ({ inputs, dimensions }, model) =>
    compact({ model, input: inputs, dimensions, encoding_format: "float" }),
  readAnswer(body) {
    const data = asArray(asObject(body)?.["data"]);
    if (data === undefined) return undefined;
    const { usage, servedModel } = embeddingsMeta(body);
    return {
      vectors: objectsIn(data).map((item) => item["embedding"] ?? []),
      ...(usage === undefined ? {} : { usage }),
      ...(servedModel === undefined ? {} : { model: servedModel }),
    };
  },
  writeAnswer({ vectors, usage, model }, asked) {
    const base64 = asked["encoding_format"] === "base64";
    const tokens = usage?.inputTokens ?? 0;
    return {
      object: "list",
      data: vectors.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: base64 ? floatsToBase64(vector) : vector,
      })),
      model: model ?? "",
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
  },
};

function floatsToBase64(vector: Json): Json {
  if (!Array.isArray(vector)) return vector;
  return Buffer.from(Float32Array.from(vector.map(Number)).buffer).toString("base64");
}

const ollama: EmbedWire = {
  ...openai,
  read(body) {
    const ask = openai.read(body);
    return { ...ask, base64: false };
  },
  write: ({ inputs, dimensions }, model) => compact({ model, input: inputs, dimensions }),
  readAnswer(body) {
    const root = asObject(body);
    const vectors = asArray(root?.["embeddings"]);
    if (root === undefined || vectors === undefined) return undefined;
    const tokens = asNumber(root["prompt_eval_count"]);
    const model = asString(root["model"]);
    return {
      vectors,
      ...(tokens === undefined ? {} : { usage: { inputTokens: tokens, outputTokens: 0 } }),
      ...(model === undefined ? {} : { model }),
    };
  },
  writeAnswer: ({ vectors, usage, model }) =>
    compact({ model: model ?? "", embeddings: vectors, prompt_eval_count: usage?.inputTokens }),
};

/** One `embedContent` of a Gemini body: itself, or each of a batch. */
function contentsOf(body: JsonObject): JsonObject[] {
  return body["requests"] === undefined ? [body] : objectsIn(body["requests"]);
}

const google: EmbedWire = {
  view(body) {
    const items = contentsOf(body);
    const model = asString(body["model"]);
    if (
      model === undefined ||
      items.length === 0 ||
      items.some((one) => !asObject(one["content"]))
    ) {
      return { ok: false, error: { field: "content", message: "expected a content with parts" } };
    }
    const view = { model, stream: false, maxOutputTokens: 0, choices: 1, images: 0, tools: 0 };
    return { ok: true, value: view };
  },
  texts(body) {
    const slots: TextSlot[] = [];
    for (const item of contentsOf(body)) {
      addField(slots, item, "title", "user");
      for (const part of objectsIn(asObject(item["content"])?.["parts"])) {
        addField(slots, part, "text", "user");
      }
    }
    return slots;
  },
  prepare: (body, model) => ({
    requests: contentsOf(body).map(({ stream: _stream, ...item }) => ({
      ...item,
      model: `models/${model}`,
    })),
  }),
  read(body) {
    const items = contentsOf(body);
    const dimensions = asNumber(items[0]?.["outputDimensionality"]);
    return {
      inputs: items.map((item) =>
        objectsIn(asObject(item["content"])?.["parts"])
          .map((part) => asString(part["text"]) ?? "")
          .join("\n"),
      ),
      base64: false,
      own: ["taskType", "title"].filter((name) => items.some((item) => item[name] !== undefined)),
      ...(dimensions === undefined ? {} : { dimensions }),
    };
  },
  write: ({ inputs, dimensions }, model) => ({
    requests: inputs.map((text) =>
      compact({
        model: `models/${model}`,
        content: { parts: [{ text }] },
        outputDimensionality: dimensions,
      }),
    ),
  }),
  readAnswer(body) {
    const root = asObject(body);
    const list = asArray(root?.["embeddings"]);
    if (list === undefined) return undefined;
    return { vectors: objectsIn(list).map((item) => item["values"] ?? []) };
  },
  writeAnswer({ vectors }, asked) {
    const embeddings = vectors.map((values) => ({ values }));
    return asked["requests"] === undefined
      ? { embedding: embeddings[0] ?? { values: [] } }
      : { embeddings };
  },
};

/** As the `AI` binding takes and gives them. Source: developers.cloudflare.com/workers-ai. */
const workersAi: EmbedWire = {
  ...openai,
  write: ({ inputs }, model) => compact({ model, text: inputs }),
  readAnswer(body) {
    const vectors = asArray(asObject(body)?.["data"]);
    if (vectors === undefined) return undefined;
    const { usage } = embeddingsMeta(body);
    return { vectors, ...(usage === undefined ? {} : { usage }) };
  },
};

export const EMBED_WIRES = { openai, ollama, google, workersAi } as const;
export type EmbedWireId = keyof typeof EMBED_WIRES;
