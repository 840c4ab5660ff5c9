/**
 * OTLP as JSON: resources, attributes, and the names of the GenAI semantic conventions.
 *
 * Sources: the OTLP specification's JSON mapping (ids are hex, 64-bit numbers text, enums numbers)
 * and the conventions in open-telemetry/semantic-conventions-genai, all of them still in
 * development.
 */
import type { AuditEntry } from "../audit-entry.ts";

export interface Attribute {
  key: string;
  value: object;
}

type Plain = string | number | boolean | readonly string[] | undefined;

/** Attributes of what is known; integers go out as text, as 64-bit numbers do. */
export function attributes(values: Readonly<Record<string, Plain>>): Attribute[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === "" ? [] : [{ key, value: valueOf(value) }],
  );
}

function valueOf(value: Exclude<Plain, undefined>): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
}

/** The gateway, as what the signals are about. */
export function resourceOf(organisation: string, shard: string): object {
  return {
    attributes: attributes({
      "service.name": "tallygate",
      "service.namespace": organisation,
      "service.instance.id": shard,
    }),
  };
}

export const scope = { name: "tallygate" };

/** Milliseconds since 1970 as the text of nanoseconds. */
export const unixNanos = (ms: number): string => `${Math.round(ms)}000000`;

const OPERATIONS: Record<string, string> = {
  "chat.completion": "chat",
  embedding: "embeddings",
  embeddings: "embeddings",
};

/** `gen_ai.operation.name`: one of the well-known ones where it applies. */
export function operationOf({ action, dialect }: Pick<AuditEntry, "action" | "dialect">): string {
  if (Object.hasOwn(OPERATIONS, action)) return OPERATIONS[action] ?? action;
  if (/embed/i.test(action)) return "embeddings";
  return dialect?.startsWith("google") === true ? "generate_content" : "chat";
}

const PROVIDERS: Record<string, string> = {
  google: "gcp.gemini",
  gemini: "gcp.gemini",
  vertex: "gcp.vertex_ai",
  bedrock: "aws.bedrock",
  azure: "azure.ai.openai",
  mistral: "mistral_ai",
  xai: "x_ai",
  moonshot: "moonshot_ai",
};

/** `gen_ai.provider.name`: the well-known name of a provider, else the policy's own. */
export function providerName(provider: string): string {
  return Object.hasOwn(PROVIDERS, provider) ? (PROVIDERS[provider] ?? provider) : provider;
}
