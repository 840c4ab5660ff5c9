/**
 * Cohere's `/v2/embed`, asked of Cohere alone: its kinds of vectors (int8, binary), input types and
 * pictures have no word elsewhere. Format: docs.cohere.com/v2/reference/embed.
 */
import * as z from "zod";
import { usageOf } from "#providers/cohere-chat/response.ts";
import { asArray, asObject, objectsIn } from "#providers/json.ts";
import { check } from "#providers/parse.ts";
import { addLeaves } from "#providers/texts.ts";
import type { Dialect, JsonObject, RequestView, Result, TextSlot } from "#providers/types.ts";
import type { Endpoint } from "../pipeline/endpoint.ts";

const requestSchema = z.looseObject({
  model: z.string().min(1).max(256),
  texts: z.array(z.string()).nullish(),
  images: z.array(z.string()).nullish(),
  inputs: z.array(z.looseObject({})).nullish(),
});

/** Embeddings in Cohere's words; `dialect` gives the shape of refusals. */
export function cohereEmbedEndpoint(dialect: Dialect): Endpoint {
  return {
    kind: "embeddings",
    action: "embedding.create",
    dialect,
    view,
    texts,
    asks: (provider) => provider.operations.includes("cohere-embed"),
    outgoing: (body, _provider, { model }) => ({
      ok: true,
      value: { operation: "cohere-embed", dialect, body: { ...body, model } },
    }),
    meta(body) {
      const usage = usageOf(asObject(body));
      return usage === undefined ? {} : { usage };
    },
    convert: () => undefined,
    answerTexts: () => [],
  };
}

/** The parts of `inputs`, each a list of texts and pictures that become one vector. */
function partsOf(body: JsonObject): JsonObject[] {
  return objectsIn(body["inputs"]).flatMap((input) => objectsIn(input["content"]));
}

function view(body: JsonObject): Result<RequestView> {
  const checked = check(requestSchema, body);
  if (!checked.ok) return checked;
  const pictures = partsOf(body).filter((part) => part["type"] === "image_url");
  const images = pictures.length + (asArray(body["images"])?.length ?? 0);
  const { model } = checked.value;
  const value = { model, stream: false, maxOutputTokens: 0, choices: 1, images, tools: 0 };
  return { ok: true, value };
}

function texts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  addLeaves(slots, body, "texts", "user");
  for (const part of partsOf(body)) {
    if (part["type"] !== "image_url") addLeaves(slots, part, "text", "user");
  }
  return slots;
}
