/**
 * What an address asks for. Pure: a method and a path in, a target out; who may use it is decided
 * later. Fixed names come first, then Cloudflare's forms, then a provider's name as first segment.
 */
import { isReservedName } from "#policy/reserved.ts";
import { cloudflareDeploymentOf, deploymentOf } from "./azure-addresses.ts";
import type { EndpointId } from "./endpoints.ts";

/** Where a call goes. */
export interface Target {
  /** An endpoint that the gateway understands; absent for a call that is passed on as it is. */
  endpoint?: EndpointId;
  /** The model, where the address carries it. */
  model?: string;
  /** Whether to stream, where the address says so. */
  stream?: boolean;
  /** The provider's name or slug, where the address or the model carries one. */
  provider?: string;
  /** The rest of the path, as the provider's own API has it. */
  nativePath?: string;
  /** `provider/model` in the body names the provider. */
  compat?: boolean;
  /** Cloudflare's address form, whose errors read differently. */
  cloudflare?: { account?: string; gateway?: string };
  /** Cloudflare's `{model, input}`; with `state` answered between states. */
  run?: "input" | "state";
  /** The body is a list of attempts. */
  universal?: boolean;
}

const FIXED: Readonly<Record<string, EndpointId>> = {
  "chat/completions": "openai-chat",
  responses: "openai-responses",
  embeddings: "openai-embeddings",
  messages: "anthropic-messages",
  "messages/count_tokens": "anthropic-count",
};

/** Addresses without a version of OpenAI's before them: Ollama's and Cohere's. */
const OWN: Readonly<Record<string, EndpointId>> = {
  "api/chat": "ollama-chat",
  "api/generate": "ollama-generate",
  "api/embed": "ollama-embed",
  "v2/chat": "cohere-chat",
  "v2/embed": "cohere-embed",
};

/**
 * First segments below `/v1/` that are OpenAI's own, so never an account of Cloudflare's; `v1` is
 * there twice where a base URL has it already.
 */
const RESERVED = new Set([
  "v1",
  "chat",
  "responses",
  "embeddings",
  "messages",
  "models",
  "completions",
  "files",
  "uploads",
  "batches",
  "images",
  "audio",
  "moderations",
]);

/** Paths that are passed on as they are, in OpenAI's words. */
const OPAQUE = /^(?:files|batches|images|audio|moderations|uploads)(?:\/|$)/;

/** The methods of Gemini's `models/{model}:{method}`. */
const GOOGLE: Readonly<Record<string, Pick<Target, "endpoint" | "stream">>> = {
  generateContent: { endpoint: "google-generate", stream: false },
  streamGenerateContent: { endpoint: "google-generate-array", stream: true },
  countTokens: { endpoint: "google-count" },
  embedContent: { endpoint: "google-embed" },
  batchEmbedContents: { endpoint: "google-embed" },
};

/** The target of a path that starts after the first slash; `undefined` when nothing is there. */
export function targetOf(method: string, path: string, search: string): Target | undefined {
  const fixed = fixedTarget(method, path, search);
  if (fixed !== undefined) return fixed;
  const cloudflare = cloudflareTarget(method, path, search);
  if (cloudflare !== undefined) return cloudflare;
  if (path.startsWith("openai/deployments/")) return azureTarget(method, path);
  const [provider = "", ...rest] = path.split("/");
  // What is not found under the gateway's own names is nobody's: no call to a provider by mistake.
  const isOwn = provider !== "compat" && isReservedName(decode(provider));
  // `/chat/completions` is a base URL without its `/v1`, and no provider of the name `chat`.
  if (rest.length === 0 || provider === "" || isOwn || Object.hasOwn(FIXED, path)) return undefined;
  return providerTarget(method, provider, rest.join("/"), search);
}

/** The gateway's own addresses: one name for each, with or without a provider before it. */
export function fixedTarget(method: string, path: string, search: string): Target | undefined {
  const own = method === "POST" ? lookup(OWN, path) : undefined;
  if (own !== undefined) return { endpoint: own };
  const google = method === "POST" ? googleTarget(path, search) : undefined;
  if (google !== undefined) return google;
  if (!path.startsWith("v1/")) return undefined;
  const rest = path.slice(3);
  const endpoint = method === "POST" ? lookup(FIXED, rest) : undefined;
  if (endpoint !== undefined) return { endpoint };
  return OPAQUE.test(rest) ? { nativePath: path + search } : undefined;
}

function googleTarget(path: string, search: string): Target | undefined {
  const match = /^v1(?:beta|alpha)?\/(?:models|tunedModels)\/(.+):([A-Za-z]+)$/.exec(path);
  const known = lookup(GOOGLE, match?.[2] ?? "");
  if (match === null || known === undefined) return undefined;
  const target: Target = { ...known, model: decode(match[1] ?? "") };
  if (known.stream === true && new URLSearchParams(search).get("alt") === "sse") {
    target.endpoint = "google-generate";
  }
  return target;
}

/** What Azure's SDKs call: whoever serves a model of the deployment's name may answer. */
function azureTarget(method: string, path: string): Target | undefined {
  const { model = "", operation = "" } = deploymentOf(path) ?? {};
  const endpoint = lookup(FIXED, operation);
  if (method === "POST" && endpoint !== undefined) return { endpoint, model: decode(model) };
  return OPAQUE.test(operation) ? { nativePath: `v1/${operation}` } : undefined;
}

const REST =
  /^client\/v4\/accounts\/([^/]+)\/ai\/(?:v1\/(chat\/completions|responses|messages|messages\/count_tokens|embeddings)|run(?:\/(.+))?)$/;

function cloudflareTarget(method: string, path: string, search: string): Target | undefined {
  const rest = REST.exec(path);
  if (rest !== null && method === "POST") {
    const cloudflare = { account: decode(rest[1] ?? "") };
    const endpoint = lookup(FIXED, rest[2] ?? "");
    if (endpoint !== undefined) return { endpoint, compat: true, cloudflare };
    const run: Target = { endpoint: "cloudflare-run", compat: true, run: "input", cloudflare };
    return rest[3] === undefined ? run : { ...run, model: decode(rest[3]) };
  }
  const [version, account = "", gateway = "", provider, ...more] = path.split("/");
  if (version !== "v1" || account === "" || gateway === "" || RESERVED.has(account)) {
    return undefined;
  }
  const cloudflare = { account: decode(account), gateway: decode(gateway) };
  if (provider === undefined || provider === "") {
    return method === "POST" ? { universal: true, cloudflare } : undefined;
  }
  if (provider === "run" && more.length === 0 && method === "POST") {
    return { endpoint: "openai-chat", compat: true, run: "state", cloudflare };
  }
  const target = providerTarget(method, provider, more.join("/"), search);
  return target && { ...target, cloudflare };
}

/** What a provider's own path asks for, with and without its version before it. */
export function providerTarget(
  method: string,
  provider: string,
  path: string,
  search: string,
): Target | undefined {
  if (path === "") return undefined;
  const bare = path.replace(/^(?:(?:openai|inference|api)\/)?v\d+\//, "");
  const endpoint = lookup(OWN, path) ?? lookup(FIXED, bare);
  if (provider === "compat") {
    return endpoint !== undefined && method === "POST" ? { endpoint, compat: true } : undefined;
  }
  const name = decode(provider);
  if (method === "POST") {
    // Cloudflare's own clients write `run/` before the model, its documentation leaves it out.
    const run = name === "workers-ai" ? decode(path).replace(/^run\//, "") : "";
    if (isWorkersAi(run)) return { endpoint: "cloudflare-run", provider: name, model: run };
    if (endpoint !== undefined) return { endpoint, provider: name };
    const of = name === "azure-openai" ? cloudflareDeploymentOf : deploymentOf;
    const { model, operation } = of(path) ?? {};
    const asked = lookup(FIXED, operation ?? "");
    if (asked !== undefined) {
      return { endpoint: asked, provider: name, model: decode(model ?? "") };
    }
    const google = googleTarget(path, search);
    if (google !== undefined) return { ...google, provider: name };
  }
  return { provider: name, nativePath: path + search };
}

/** Whether a model is named as Workers AI names its own. */
export function isWorkersAi(model: string): boolean {
  return model.startsWith("@cf/") || model.startsWith("@hf/");
}

function lookup<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Cloudflare's slugs whose adapters have another name here. */
const SLUGS: Readonly<Record<string, readonly string[]>> = {
  "azure-openai": ["azure", "azure-deployments"],
  "google-ai-studio": ["google"],
  "google-vertex-ai": ["vertex"],
  grok: ["xai"],
  "perplexity-ai": ["perplexity"],
};

/** Whether a provider of the policy is what an address calls `slug`. */
export function isProvider(slug: string, provider: { provider: string; kind: string }): boolean {
  return slug === provider.provider || (lookup(SLUGS, slug) ?? [slug]).includes(provider.kind);
}
