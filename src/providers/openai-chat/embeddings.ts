/**
 * OpenAI's embeddings, as far as the gateway looks: what is asked, its texts, what was used. Format:
 * platform.openai.com/docs/api-reference/embeddings.
 */
import * as z from "zod";
import type { Usage } from "#events/money.ts";
import { asObject } from "../json.ts";
import { EMBEDDING_INPUTS_MAX } from "../limits.ts";
import { check } from "../parse.ts";
import { addField, addLeaves } from "../texts.ts";
import type { Json, JsonObject, RequestView, Result, TextSlot } from "../types.ts";
import { readUsage } from "./usage.ts";

const tokens = z.array(z.int().min(0)).min(1);

const requestSchema = z.looseObject({
  model: z.string().min(1).max(256),
  input: z.union([
    z.string(),
    z.array(z.string()).min(1).max(EMBEDDING_INPUTS_MAX),
    tokens.max(EMBEDDING_INPUTS_MAX * 16),
    z.array(tokens).min(1).max(EMBEDDING_INPUTS_MAX),
  ]),
  user: z.string().nullish(),
});

/** `tokenized`: the input is token numbers, whose text nobody can scan. */
export type EmbeddingsView = RequestView & { tokenized: boolean };

export function parseEmbeddings(body: Json): Result<EmbeddingsView> {
  const checked = check(requestSchema, body);
  if (!checked.ok) return checked;
  const { model, input, user } = checked.value;
  const tokenized = typeof input !== "string" && typeof input[0] !== "string";
  const view: EmbeddingsView = {
    model,
    stream: false,
    maxOutputTokens: 0,
    choices: 1,
    images: 0,
    tools: 0,
    tokenized,
  };
  if (typeof user === "string") view.user = user;
  return { ok: true, value: view };
}

export function embeddingsTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  const input = body["input"];
  if (!Array.isArray(input)) addField(slots, body, "input", "user");
  else if (typeof input[0] === "string") addLeaves(slots, body, "input", "user");
  return slots;
}

export function embeddingsMeta(body: Json): { usage?: Usage; servedModel?: string } {
  const root = asObject(body);
  const usage = readUsage(root?.["usage"]);
  const model = root?.["model"];
  return {
    ...(usage && { usage }),
    ...(typeof model === "string" && { servedModel: model }),
  };
}
