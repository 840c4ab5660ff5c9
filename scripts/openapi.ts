/**
 * The gateway's own API as OpenAPI 3.1, made of the very schemas that requests are checked with. Model
 * calls are described by their dialects' owners; here they are only named.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { GATEWAY_CODES } from "#edge/errors.ts";
import { RestoreRequest } from "#edge/admin/restore.ts";
import { BudgetsParams, EventsParams, SumsParams } from "#edge/books/params.ts";
import { ExportParams } from "#edge/record/export.ts";
import { StateParams } from "#edge/record/past.ts";
import { MemberEvidenceParams } from "#edge/record/member-evidence.ts";
import { Feedback } from "#edge/record/feedback.ts";
import { PriceEffectAsked } from "#edge/record/price-effect.ts";
import { SavedView } from "#edge/record/saved-views.ts";
import { ShadowParams } from "#edge/record/shadow.ts";
import { WhatIfAsked } from "#edge/record/what-if.ts";
import { ScanRequest } from "#edge/dlp-scan.ts";
import { PolicyDocument } from "#policy/document.ts";
import { root } from "./from-wrangler.ts";
import {
  sent,
  json,
  ref,
  answered,
  failures,
  operation,
  body,
  query,
  list,
  type Schema,
} from "./openapi-parts.ts";
import { ScanAnswerSchema, WhatIfLine } from "./openapi-answers.ts";

export const openApiFile = path.join(root, "src/edge/openapi.json");

/** A model call: the body is the dialect's own. */
const call = (dialect: string): Schema =>
  operation(`A model call in ${dialect}'s dialect`, { type: "object" }, body({ type: "object" }));

const sinkName: Schema = {
  parameters: [{ name: "sink", in: "path", required: true, schema: { type: "string" } }],
};

const secret = { security: [{ deployment: [] }] };

const Setup = z.strictObject({
  organisation: z.string().max(64),
  members: z.array(z.looseObject({ id: z.string(), role: z.enum(["admin", "auditor", "member"]) })),
  policy: PolicyDocument,
});

/** A body in which a policy stands at `name`: it is long, so it is written once. */
function bodyWithPolicy(schema: z.ZodType, name: string): Schema {
  const { properties, ...rest } = sent(schema) as { properties: Record<string, Schema> };
  return body({ ...rest, properties: { ...properties, [name]: ref("PolicyDocument") } });
}

const byId = {
  parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
};
const byName = {
  parameters: [{ name: "name", in: "path", required: true, schema: { type: "string" } }],
};
const thing = { type: "object" };

const paths: Record<string, Schema> = {
  "/v1/responses": { post: call("OpenAI") },
  "/v1/embeddings": { post: call("OpenAI") },
  "/budgets": {
    get: operation(
      "Where every budget stands, and what it spent by dimension",
      list("budgets"),
      query(BudgetsParams),
    ),
  },
  "/audit/faults": { get: operation("What does not fit its history", list("faults")) },
  "/policy/shadow": {
    get: operation("What the draft in the shadow would change", thing, query(ShadowParams)),
  },
  "/policy/what-if": {
    post: {
      summary: "What a draft would have changed: lines of JSON, each as this schema says",
      ...bodyWithPolicy(WhatIfAsked, "document"),
      responses: {
        "200": {
          description: "How far it is, as it goes; the result is the last line",
          content: { "application/x-ndjson": { schema: answered(WhatIfLine) } },
        },
        ...failures,
      },
    },
  },
  "/policy/price-effect": {
    post: operation("What a corrected price would make of settled calls", thing, {
      requestBody: { required: true, ...json(sent(PriceEffectAsked)) },
    }),
  },
  "/audit/events/{id}/feedback": {
    post: operation("Says what an answer was worth", thing, {
      ...byId,
      requestBody: { required: true, ...json(sent(Feedback)) },
    }),
  },
  "/audit/saved-views": { get: operation("Named filters of the audit list", list("views")) },
  "/audit/saved-views/{name}": {
    put: operation("Keeps a named filter", list("views"), {
      ...byName,
      requestBody: { required: true, ...json(sent(SavedView)) },
    }),
    delete: operation("Forgets a named filter", list("views"), byName),
  },
  "/audit/rebuild": {
    post: operation("Folds every view anew, compares, swaps", list("shards")),
  },
  "/audit/archive": {
    get: operation("What is archived, by shard", list("shards")),
    post: operation("Archives what waits", list("shards")),
  },
  "/audit/state": {
    get: operation("The books, or one actor, as they were", thing, query(StateParams)),
  },
  "/audit/members/{id}/evidence": {
    get: operation("A person's events with their proofs, as lines of JSON", thing, {
      parameters: [byId.parameters, query(MemberEvidenceParams)["parameters"]].flat(),
    }),
  },
  "/audit/events/{id}/raw": { get: operation("The events behind an entry", thing, byId) },
  "/audit/events/{id}/explain": {
    get: operation("A decision, from what it was made", thing, byId),
  },
  "/admin/circuits": { get: operation("How providers look to this isolate", list("providers")) },
  "/admin/diagnosis": { get: operation("How the Worker is set up", thing) },
  "/admin/restore": {
    post: operation("Puts one actor's storage back in time", thing, body(sent(RestoreRequest))),
  },
  "/health": {
    get: operation(
      "Whether the Worker runs",
      {
        type: "object",
        properties: { ok: { const: true } },
        required: ["ok"],
      },
      { security: [] },
    ),
  },
  "/openapi.json": { get: operation("This description", { type: "object" }, { security: [] }) },
  "/v1/models": { get: operation("The models that the caller may use", list("data")) },
  "/v1/chat/completions": { post: call("OpenAI") },
  "/v1/messages": { post: call("Anthropic") },
  "/audit/events": {
    get: operation(
      "The audit list, newest first",
      {
        type: "object",
        properties: {
          events: { type: "array", items: { type: "object" } },
          nextCursor: { type: ["string", "null"] },
        },
        required: ["events", "nextCursor"],
      },
      query(EventsParams),
    ),
  },
  "/audit/export": {
    get: {
      summary: "The audit list as a file, or its proof, from which the file follows",
      ...query(ExportParams),
      responses: {
        "200": {
          description: "Every entry, newest first; with proofs=true lines of JSON that prove them",
          content: {
            "application/x-ndjson": { schema: { type: "object" } },
            "text/csv": { schema: { type: "string" } },
          },
        },
        ...failures,
      },
    },
  },
  "/audit/events/{id}": {
    get: operation(
      "One entry",
      { type: "object" },
      {
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
      },
    ),
  },
  "/audit/events/{id}/payload": {
    get: operation(
      "What was kept of a request's texts",
      { type: "object" },
      {
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
      },
    ),
  },
  "/audit/sinks": { get: operation("How far each sink is", list("sinks")) },
  "/audit/sinks/{sink}/letters": {
    get: operation("Events that a sink refused", list("letters"), sinkName),
  },
  "/audit/sinks/{sink}/retry": {
    post: operation(
      "Sends a sink what it refused once more",
      { type: "object", properties: { letters: { type: "integer" } }, required: ["letters"] },
      sinkName,
    ),
  },
  "/metrics": {
    get: {
      summary: "The books as Prometheus reads them",
      responses: {
        "200": { description: "Done", content: { "text/plain": { schema: { type: "string" } } } },
        ...failures,
      },
    },
  },
  "/usage": {
    get: operation("Requests and tokens, by dimension", list("rows"), query(SumsParams)),
  },
  "/costs": { get: operation("Dollars, by dimension", list("rows"), query(SumsParams)) },
  "/dlp/scan": {
    post: operation(
      "Tries a text against data rules",
      answered(ScanAnswerSchema),
      body(sent(ScanRequest)),
    ),
  },
  "/mcp": {
    post: operation(
      "The record for assistants: one MCP message",
      { type: "object" },
      body({ type: "object" }),
    ),
  },
  "/session": { get: operation("Who is signed in", { type: "object" }) },
  "/session/providers": {
    get: operation("Identity providers to sign in with", list("providers")),
  },
  "/session/link": {
    post: operation(
      "A link that signs one browser in, once",
      {
        type: "object",
        properties: { url: { type: "string" } },
        required: ["url"],
      },
      {
        ...secret,
        ...body({
          type: "object",
          properties: { organisation: { type: "string" }, member: { type: "string" } },
          required: ["organisation", "member"],
        }),
      },
    ),
  },
  "/setup": {
    post: operation(
      "Founds an organisation",
      {
        type: "object",
        properties: { keys: { type: "object", additionalProperties: { type: "string" } } },
        required: ["keys"],
      },
      { ...secret, ...bodyWithPolicy(Setup, "policy") },
    ),
  },
};

const ErrorBody: Schema = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        code: { enum: Object.keys(GATEWAY_CODES) },
        message: { type: "string" },
        requestId: { type: "string" },
      },
      required: ["message"],
    },
  },
  required: ["error"],
};

/** The whole description. */
export function describeApi(): Schema {
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    version: string;
  };
  return {
    openapi: "3.1.0",
    info: { title: "Tallygate", version },
    security: [{ key: [] }],
    paths,
    components: {
      schemas: { Error: ErrorBody, PolicyDocument: sent(PolicyDocument) },
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "A member's key, tg_..." },
        deployment: { type: "http", scheme: "bearer", description: "TALLYGATE_SECRET" },
      },
    },
  };
}

if (import.meta.main) {
  writeFileSync(openApiFile, JSON.stringify(describeApi()));
  execFileSync(path.join(root, "node_modules/.bin/oxfmt"), [openApiFile]);
}
