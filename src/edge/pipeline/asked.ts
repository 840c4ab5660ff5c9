/** What the caller asked: the body, read once, and the headers that say what it is for. */
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";
import type { Dialect, JsonObject, RequestView } from "#providers/types.ts";
import type { Target } from "../surface/addresses.ts";
import { plainHeaders, type PlainHeaders } from "../plain-headers.ts";
import { metadataOf, readOptions, type CallOptions } from "../surface/options.ts";
import { parseBody } from "../body.ts";
import { readBody } from "../surface/read-body.ts";
import { callerIp } from "../caller-ip.ts";
import { readProviderKey } from "../auth/credentials.ts";
import type { Endpoint } from "./endpoint.ts";
import { GatewayError } from "../errors.ts";
import {
  metadataBytesMax,
  metadataEntriesMax,
  nameHeaderCharsMax,
  tagsMax,
  userAgentCharsMax,
} from "../limits.ts";

export interface Asked {
  endpoint: Endpoint;
  options: CallOptions;
  dialect: Dialect;
  /** The only provider that may answer: the address or the model named it. */
  provider?: string;
  /** The body as it came: parsed again whenever it has to be decided again. */
  text: string;
  /** The body, parsed, for whoever takes it first: to decide changes it. */
  parsed?: JsonObject | undefined;
  view: RequestView;
  action: string;
  resource?: string;
  metadata?: Record<string, string | number | boolean>;
  tags: string[];
  session?: string;
  ip?: string;
  userAgent?: string;
  /** The address and the headers, for routes that look at them. */
  wire: { readonly path: string; header(name: string): string | null };
  /** The provider's key that the caller brought in a header; it is never kept. */
  providerKey(header: string): string | undefined;
  /** Whether the caller asked for usage in the stream: theirs to see, then. */
  includeUsage: boolean;
}

const Metadata = z
  .record(z.string().max(100), z.union([z.string().max(1_000), z.number(), z.boolean()]))
  .refine((all) => Object.keys(all).length <= metadataEntriesMax);

/** Reads body and headers; throws typed refusals for everything that is not as it should be. */
export async function readAsked(
  request: Request,
  target: Target,
  headers = plainHeaders(request),
): Promise<Asked> {
  const { endpoint, text, body, whole, provider } = await readBody(request, target, headers);
  const view = endpoint.view(body);
  if (!view.ok) {
    const { field, message } = view.error;
    throw new GatewayError("invalid_request", `Invalid field "${field}": ${message}`, {
      problems: [{ path: field, message }],
    });
  }
  const options = body["stream_options"];
  const asked: Asked = {
    endpoint,
    options: readOptions(headers),
    dialect: endpoint.dialect,
    text,
    parsed: whole ? body : undefined,
    view: view.value,
    action: nameHeader(headers, "x-tallygate-action") ?? endpoint.action,
    tags: [],
    wire: {
      get path() {
        return new URL(request.url).pathname;
      },
      header: (name) => (Object.hasOwn(headers, name) ? (headers[name] ?? null) : null),
    },
    providerKey: (header) => readProviderKey(request, header),
    includeUsage:
      typeof options === "object" &&
      options !== null &&
      (options as JsonObject)["include_usage"] === true,
  };
  const optional = {
    provider,
    resource: nameHeader(headers, "x-tallygate-resource"),
    metadata: readMetadata(headers),
    session:
      nameHeader(headers, "x-tallygate-session") ??
      nameHeader(headers, "cf-aig-session-id") ??
      nameHeader(headers, "x-claude-code-session-id"),
    ip: callerIp(request, headers["cf-connecting-ip"]),
    userAgent: headers["user-agent"]?.slice(0, userAgentCharsMax),
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== undefined && value !== null && value !== "")
      Object.assign(asked, { [name]: value });
  }
  asked.tags = readTags(headers);
  const kept = metadataOf(asked.options);
  if (Object.keys(kept).length > 0) asked.metadata = { ...asked.metadata, ...kept };
  return asked;
}

/** The body as an object of one's own, free to be changed. */
export function takeBody(asked: Asked): JsonObject {
  const { parsed = parseBody(asked.text) } = asked;
  asked.parsed = undefined;
  return parsed;
}

function nameHeader(headers: PlainHeaders, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined || value === "") return undefined;
  if (value.length > nameHeaderCharsMax) {
    throw new GatewayError(
      "invalid_request",
      `The header ${name} is over ${nameHeaderCharsMax} characters.`,
    );
  }
  return value;
}

/** `x-tallygate-metadata`, or `cf-aig-metadata` as Cloudflare's clients send it: flat JSON. */
function readMetadata(headers: PlainHeaders): Asked["metadata"] {
  const own = headers["x-tallygate-metadata"];
  const name = own === undefined ? "cf-aig-metadata" : "x-tallygate-metadata";
  const value = headers[name];
  if (value === undefined) return undefined;
  const parsed = Metadata.safeParse(
    value.length > metadataBytesMax ? undefined : tryParseJson(value),
  );
  if (parsed.success) return parsed.data;
  throw new GatewayError(
    "invalid_request",
    `The header ${name} must be a flat JSON object of at most ${metadataEntriesMax} strings, numbers and booleans.`,
  );
}

/** `x-tallygate-tags`: names, separated by commas. */
function readTags(headers: PlainHeaders): string[] {
  const value = nameHeader(headers, "x-tallygate-tags");
  const tags = (value ?? "")
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
  if (tags.length <= tagsMax) return tags;
  throw new GatewayError(
    "invalid_request",
    `The header x-tallygate-tags names more than ${tagsMax} tags.`,
  );
}
