/** What providers over HTTP share: headers by allow-list, errors by shape, waits by header. */
import { asArray, asObject, asString, objectsIn, parseJson } from "./json.ts";
import { ERROR_MESSAGE_CHARS_MAX, RETRY_AFTER_MS_MAX } from "./limits.ts";
import type {
  Framing,
  Json,
  JsonObject,
  Operation,
  Provider,
  ProviderErrorView,
  ProviderTarget,
  Signing,
  UpstreamId,
} from "./types.ts";

/** One provider as data; what is not data is a function of the call alone. */
export interface ProviderRow {
  id: string;
  title: string;
  dialect: UpstreamId;
  /** "" where `baseUrlForm` says that each customer has one. */
  defaultBaseUrl: string;
  baseUrlForm?: string;
  secretName: string;
  keyOptional?: boolean;
  framing?: Framing;
  signing?: Signing;
  /** The path of a conversation below the base URL, with its query. */
  path(to: ProviderTarget): string;
  /** Paths of what else can be asked. */
  paths?: Readonly<Partial<Record<Operation, string | ((to: ProviderTarget) => string)>>>;
  /** The headers that carry the credential. */
  auth(credential: string): Record<string, string>;
  /** Caller headers that mean something to this provider; all others stay behind. */
  forward?: readonly string[];
  /** The last change to the body of a conversation. */
  body?: (body: JsonObject) => JsonObject;
  /** Headers that every call carries unless the caller sent its own. */
  headers?: Readonly<Record<string, string>>;
  /** Headers of conversations, not of calls that are passed on. */
  chatHeaders?: Readonly<Record<string, string>>;
  follow?: NonNullable<Provider["follow"]>;
  relink?: NonNullable<Provider["relink"]>;
  sendsPast?: NonNullable<Provider["sendsPast"]>;
  /** The header that ends what a call starts after so many seconds. */
  runLimit?: string;
}

export function httpProvider(row: ProviderRow): Provider {
  const { id, title, dialect, defaultBaseUrl, secretName } = row;
  return {
    id,
    title,
    dialect,
    defaultBaseUrl,
    secretName,
    credentialHeader: Object.keys(row.auth("key"))[0] ?? "authorization",
    ...(row.baseUrlForm !== undefined && { baseUrlForm: row.baseUrlForm }),
    ...(row.keyOptional !== undefined && { keyOptional: row.keyOptional }),
    ...(row.framing !== undefined && { framing: row.framing }),
    ...(row.signing !== undefined && { signing: row.signing }),
    ...(row.body !== undefined && { body: row.body }),
    ...(row.follow !== undefined && { follow: row.follow }),
    ...(row.relink !== undefined && { relink: row.relink }),
    ...(row.sendsPast !== undefined && { sendsPast: row.sendsPast }),
    operations: ["chat", ...(Object.keys(row.paths ?? {}) as Operation[])],
    request(to) {
      const headers: Record<string, string> = {
        "content-type": "application/json",
        ...row.headers,
        ...(to.native === true ? {} : row.chatHeaders),
      };
      for (const name of row.forward ?? []) {
        const value = to.callerHeaders.get(name);
        if (value !== null) headers[name] = value;
      }
      if (row.runLimit !== undefined && to.secondsMax !== undefined) {
        headers[row.runLimit] = `${to.secondsMax}s`;
      }
      if (to.credential !== undefined) Object.assign(headers, row.auth(to.credential));
      return { url: join(to.baseUrl, pathOf(row, to)), headers };
    },
    decodeError: decodeHttpError,
  };
}

function pathOf(row: ProviderRow, to: ProviderTarget): string {
  const operation = to.operation ?? "chat";
  const named = row.paths?.[operation];
  const other = typeof named === "function" ? named(to) : named;
  const path = operation === "chat" ? row.path(to) : other;
  if (path === undefined) throw new RangeError(`${row.id} cannot be asked for ${operation}`);
  return path;
}

/** A path below a base URL, whose own query comes last. */
function join(baseUrl: string, path: string): string {
  const [address = "", query] = baseUrl.split("?");
  const url = trimSlashes(address) + path;
  return query === undefined ? url : `${url}${path.includes("?") ? "&" : "?"}${query}`;
}

function trimSlashes(baseUrl: string): string {
  let end = baseUrl.length;
  while (end > 0 && baseUrl.endsWith("/", end)) end -= 1;
  return baseUrl.slice(0, end);
}

export function bearer(credential: string): Record<string, string> {
  return { authorization: `Bearer ${credential}` };
}

const RETRYABLE = new Set([408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529]);

/** Codes that say 429 but will not change by waiting: the account is out of money. */
const EXHAUSTED = new Set([
  "insufficient_quota",
  "billing_hard_limit_reached",
  "credits_exhausted",
]);

/**
 * Reads an error in any of the shapes in use: `{error: {message, code, type}}` (OpenAI, Anthropic,
 * Google, also inside an array), `{error: "..."}` (Ollama, Hugging Face), `{errors: [{message}]}`
 * (Cloudflare), `{message}` (others), or no JSON at all.
 */
export function decodeHttpError(status: number, body: string, headers: Headers): ProviderErrorView {
  const root = parseJson(body);
  const outer = asObject(asArray(root)?.[0]) ?? asObject(root) ?? {};
  const error = asObject(outer["error"]) ?? objectsIn(outer["errors"])[0] ?? outer;
  const code = codeOf(error) ?? amazonCode(headers) ?? `http_${status}`;
  const message =
    asString(outer["error"]) ??
    asString(error["message"]) ??
    asString(error["Message"]) ??
    asString(error["detail"]);
  const advice = headers.get("x-should-retry");
  const retryable =
    advice === "true" || (advice !== "false" && RETRYABLE.has(status) && !EXHAUSTED.has(code));
  const retryAfterMs = waitOf(headers) ?? waitOfGoogle(error);
  return {
    code,
    message: (message ?? `the provider answered ${status}`).slice(0, ERROR_MESSAGE_CHARS_MAX),
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function codeOf(error: JsonObject): string | undefined {
  const candidates: (Json | undefined)[] = [error["code"], error["status"], error["type"]];
  return candidates.find((one): one is string => typeof one === "string" && one !== "");
}

/** Amazon names its errors in a header, with where they are described behind a colon. */
function amazonCode(headers: Headers): string | undefined {
  const [type] = (headers.get("x-amzn-errortype") ?? "").split(":");
  return type === "" ? undefined : type;
}

/** `retry-after-ms`, else `retry-after` in seconds, else as a date against the answer's own date. */
function waitOf(headers: Headers): number | undefined {
  const ms = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(ms)) return clampWait(ms);
  const after = headers.get("retry-after");
  if (after === null) return undefined;
  const seconds = Number(after);
  if (Number.isFinite(seconds)) return clampWait(seconds * 1000);
  return clampWait(Date.parse(after) - Date.parse(headers.get("date") ?? ""));
}

function clampWait(ms: number): number | undefined {
  if (!Number.isFinite(ms)) return undefined;
  return Math.min(Math.max(Math.ceil(ms), 0), RETRY_AFTER_MS_MAX);
}

/** Google names the wait in its body: `details[].retryDelay` as "34.5s". */
function waitOfGoogle(error: JsonObject): number | undefined {
  for (const detail of objectsIn(error["details"])) {
    const delay = asString(detail["retryDelay"]);
    if (delay?.endsWith("s")) return clampWait(Number(delay.slice(0, -1)) * 1000);
  }
  return undefined;
}
