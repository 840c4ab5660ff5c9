/**
 * Calls that the gateway does not look into: files, batches, images, audio, moderations and whatever
 * else a provider's own API has. Their texts are scanned all the same: every string of a JSON body,
 * every field and every text file of a form. They are priced by request, or not let through.
 */
import { addField, addLeaves } from "#providers/texts.ts";
import { asObject, asString, objectsIn } from "#providers/json.ts";
import type { Dialect, JsonObject, TextSlot } from "#providers/types.ts";
import { parseBody, readRequestBytes } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { bodyBytesMax, formPartsMax } from "../limits.ts";
import type { Endpoint, NativeCall } from "../pipeline/endpoint.ts";

/** An opaque call, read: the endpoint knows its files, the text is what can be scanned. */
export interface OpaqueCall {
  endpoint: Endpoint;
  text: string;
}

/** Reads a call at `path` of a provider's API; refusals are in `dialect`. */
export async function readOpaque(
  request: Request,
  path: string,
  dialect: Dialect,
): Promise<OpaqueCall> {
  const topic = topicOf(path);
  const isStream = request.method === "GET" && STREAM.test(path);
  path = withoutKey(path);
  // The provider is asked for the prediction, which says where its stream is.
  if (isStream) path = path.replace(STREAM, "$1");
  const type = request.headers.get("content-type") ?? "";
  const hasBody = request.method !== "GET" && request.method !== "HEAD" && request.body !== null;
  if (!hasBody) {
    return opaque(request.method, path, topic, dialect, { kind: "none" }, [], "{}", isStream);
  }
  const bytes = await readRequestBytes(request, bodyBytesMax);
  if (type.startsWith("multipart/form-data")) {
    const { files, body } = await readForm(bytes, type);
    return opaque(request.method, path, topic, dialect, body, files, JSON.stringify(body));
  }
  if (bytes.byteLength === 0) {
    return opaque(request.method, path, topic, dialect, { kind: "none" }, [], "{}");
  }
  if (/^application\/(?:[\w.-]+\+)?json/.test(type)) {
    const text = new TextDecoder().decode(bytes);
    const body = { kind: "json", json: parseBody(text) };
    return opaque(request.method, path, topic, dialect, body, [], JSON.stringify(body));
  }
  throw new GatewayError(
    "invalid_request",
    "This address takes JSON or a form (multipart/form-data).",
    { status: 415 },
  );
}

/** A prediction's stream, as the gateway calls it in the addresses that it gives out. */
const STREAM = /^((?:v\d+\/)?predictions\/[\w-]+)\/stream(?=\?|$)/;

/** `key` in a query is a credential of whoever sent it, so it ends here as header credentials do. */
function withoutKey(path: string): string {
  const query = path.indexOf("?");
  if (query === -1) return path;
  const kept = path
    .slice(query + 1)
    .split("&")
    .filter((pair) => !new URLSearchParams(pair).has("key"));
  return path.slice(0, query) + (kept.length === 0 ? "" : `?${kept.join("&")}`);
}

/** What a path is about: `files`, `images`, `audio`, ...: the model of calls that name none. */
function topicOf(path: string): string {
  const [topic = ""] = path
    .replace(/[?#].*$/, "")
    .replace(/^(?:(?:openai|inference|api)\/)?v\d+\w*\//, "")
    .split("/");
  return topic === "" ? "call" : topic;
}

async function readForm(bytes: ArrayBuffer, type: string) {
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  } catch (error) {
    throw new GatewayError("invalid_request", "The form cannot be read.", { cause: error });
  }
  const files: File[] = [];
  const parts: JsonObject[] = [];
  for (const [name, value] of form as unknown as Iterable<[string, string | File]>) {
    if (typeof value === "string") {
      parts.push({ name, text: value });
      continue;
    }
    const text = await textOf(value);
    if (text === undefined) {
      parts.push({ name, file: files.length });
      files.push(value);
    } else {
      parts.push({ name, filename: value.name, type: value.type, text });
    }
  }
  if (parts.length > formPartsMax) {
    throw new GatewayError("invalid_request", `A form has at most ${formPartsMax} parts.`);
  }
  return { files, body: { kind: "form", parts } };
}

/** A file's text; `undefined` when it is no UTF-8 (an image, a recording). */
async function textOf(file: File): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      await file.arrayBuffer(),
    );
  } catch {
    return undefined;
  }
}

function opaque(
  method: string,
  path: string,
  topic: string,
  dialect: Dialect,
  body: JsonObject,
  files: readonly File[],
  text: string,
  stream = false,
): OpaqueCall {
  // What an address says is run, whatever its body says beside it.
  const model = modelIn(path) ?? versionOf(topic, body) ?? modelOf(body) ?? topic;
  const view = { model, stream, maxOutputTokens: 0, choices: 1, images: 0, tools: 0 };
  const endpoint: Endpoint = {
    kind: "opaque",
    action: `${topic}.${method.toLowerCase()}`,
    dialect,
    view: () => ({ ok: true, value: view }),
    texts: opaqueTexts,
    asks: () => true,
    outgoing: (redacted, provider, to) => ({
      ok: true,
      value: {
        operation: "chat",
        dialect,
        body: redacted,
        native: nativeCall(
          method,
          path,
          redacted,
          files,
          modelOf(body) === undefined ? undefined : to.model,
        ),
      },
    }),
    meta: () => ({ usage: { inputTokens: 0, outputTokens: 0 } }),
    convert: () => undefined,
    answerTexts(answer) {
      const slots: TextSlot[] = [];
      for (const key of Object.keys(answer)) addLeaves(slots, answer, key, "assistant");
      return slots;
    },
  };
  return { endpoint, text: body["kind"] === "none" ? '{"kind":"none"}' : text };
}

/** The model in a path that names one, as Replicate's do: `models/{owner}/{name}/predictions`. */
function modelIn(path: string): string | undefined {
  const [, model] = /^(?:v\d+\/)?models\/([^/?]+\/[^/?]+)\/predictions(?:\?|$)/.exec(path) ?? [];
  return model?.slice(0, 256);
}

/** What a prediction by version runs, on Replicate; what is asked about one names nothing. */
function versionOf(topic: string, body: JsonObject): string | undefined {
  const version = topic === "predictions" && asObject(body["json"])?.["version"];
  return typeof version === "string" && version !== "" ? version.slice(0, 256) : undefined;
}

function modelOf(body: JsonObject): string | undefined {
  const named =
    body["kind"] === "form"
      ? objectsIn(body["parts"]).find((part) => part["name"] === "model")?.["text"]
      : asObject(body["json"])?.["model"];
  const model = asString(named);
  return model === undefined || model === "" ? undefined : model.slice(0, 256);
}

/** The texts of a call that the gateway does not look into. */
export function opaqueTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  const json = asObject(body["json"]);
  if (json !== undefined) {
    for (const key of Object.keys(json)) {
      if (key !== "model") addLeaves(slots, json, key, "user");
    }
  }
  for (const part of objectsIn(body["parts"])) {
    addField(slots, part, "text", part["filename"] === undefined ? "user" : "file");
  }
  return slots;
}

function nativeCall(
  method: string,
  path: string,
  body: JsonObject,
  files: readonly File[],
  model: string | undefined,
): NativeCall {
  if (body["kind"] === "none") return { method, path };
  if (body["kind"] === "json") {
    const json = asObject(body["json"]) ?? {};
    const sent = model === undefined ? json : { ...json, model };
    return { method, path, body: JSON.stringify(sent), contentType: "application/json" };
  }
  const form = new FormData();
  for (const part of objectsIn(body["parts"])) {
    const name = asString(part["name"]) ?? "";
    const file = typeof part["file"] === "number" ? files[part["file"]] : undefined;
    if (file !== undefined) {
      form.append(name, file, file.name);
    } else if (typeof part["filename"] === "string") {
      const text = asString(part["text"]) ?? "";
      const type = asString(part["type"]) ?? "";
      form.append(name, new File([text], part["filename"], { type }), part["filename"]);
    } else {
      form.append(
        name,
        name === "model" && model !== undefined ? model : (asString(part["text"]) ?? ""),
      );
    }
  }
  return { method, path, body: form };
}

/**
 * A provider's address for a path of its own: where both name the same segments (`/v1`), they are
 * named once.
 */
export function nativeUrl(baseUrl: string, path: string): string {
  const base = baseUrl.replace(/\/+$/, "");
  const { origin, pathname, search: own } = new URL(base);
  const have = pathname.split("/").filter((segment) => segment !== "");
  const [bare = "", ...query] = path.split("?");
  const want = bare.split("/");
  let shared = Math.min(have.length, want.length);
  while (shared > 0 && !have.slice(-shared).every((one, index) => one === want[index])) shared -= 1;
  const search = query.length === 0 ? own : `?${query.join("?")}`;
  return `${origin}/${[...have, ...want.slice(shared)].join("/")}${search}`;
}
