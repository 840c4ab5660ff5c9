/** Reads a call's body for its target: what the address says goes into the body, where it is decided on. */
import { dialectOf } from "#providers/registry.ts";
import { asString } from "#providers/json.ts";
import type { Dialect, JsonObject } from "#providers/types.ts";
import { parseBody, readRequestText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { bodyBytesMax } from "../limits.ts";
import type { PlainHeaders } from "../plain-headers.ts";
import type { Endpoint } from "../pipeline/endpoint.ts";
import { isWorkersAi, type Target } from "./addresses.ts";
import { asksForVectors, openInput, runToOpenAi } from "./cloudflare-run.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { generateToChat } from "./ollama-generate.ts";
import { readOpaque } from "./opaque.ts";

/** A call's body as the pipeline takes it. */
export interface Read {
  endpoint: Endpoint;
  text: string;
  body: JsonObject;
  /** Whether `body` is what `text` parses to. */
  whole: boolean;
  /** The provider that the address or the model named. */
  provider?: string;
}

/** In whose words a target's refusals are. */
export function dialectOfTarget(target: Target): Dialect {
  return target.endpoint === undefined
    ? dialectOf("openai-chat")
    : ENDPOINTS[target.endpoint].dialect;
}

/** Reads and shapes the body; throws typed refusals. */
export async function readBody(
  request: Request,
  target: Target,
  headers?: PlainHeaders,
): Promise<Read> {
  if (target.endpoint === undefined) {
    const dialect = dialectOfTarget(target);
    const call = await readOpaque(request, target.nativePath ?? "", dialect);
    return { ...call, body: parseBody(call.text), whole: true, ...named(target.provider) };
  }
  const text = await readRequestText(request, bodyBytesMax, headers);
  let endpoint: Endpoint = ENDPOINTS[target.endpoint];
  let body = parseBody(text);
  const { model, stream } = target;
  let changed = false;
  if (model !== undefined) {
    body = { ...body, model, ...(stream === undefined ? {} : { stream }) };
    changed = true;
  }
  if (target.endpoint === "ollama-generate") {
    body = generateToChat(body);
    changed = true;
  }
  if (target.run !== undefined) body = openInput(body);
  if (target.endpoint === "cloudflare-run") {
    if (asksForVectors(body)) endpoint = ENDPOINTS["cloudflare-run-vectors"];
    body = runToOpenAi(body);
    changed = true;
  }
  if (target.run === "state" && body["stream"] === true) {
    throw new GatewayError("unsupported_feature", "Streams are not answered here; use /ai/run.");
  }
  let { provider } = target;
  if (target.compat === true) {
    const split = splitModel(body["model"]);
    ({ provider } = split);
    body = { ...body, model: split.model };
    changed = true;
  }
  const whole = !changed && target.run === undefined;
  return { endpoint, body, whole, text: changed ? JSON.stringify(body) : text, ...named(provider) };
}

/** `provider/model`, as Cloudflare's `compat` endpoint takes it. */
function splitModel(value: unknown): { provider?: string; model: string } {
  const text = asString(value as string) ?? "";
  // `dynamic/name` names a route of the policy, which asks for the model by its whole name.
  if (text.startsWith("dynamic/")) return { model: text };
  if (isWorkersAi(text)) return { provider: "workers-ai", model: text };
  const slash = text.indexOf("/");
  if (slash > 0 && slash < text.length - 1) {
    return { provider: text.slice(0, slash), model: text.slice(slash + 1) };
  }
  throw new GatewayError(
    "invalid_request",
    'Invalid field "model": expected provider/model, as in openai/gpt-4o-mini.',
    { problems: [{ path: "model", message: "expected provider/model" }] },
  );
}

function named(provider: string | undefined): { provider?: string } {
  return provider === undefined ? {} : { provider };
}
