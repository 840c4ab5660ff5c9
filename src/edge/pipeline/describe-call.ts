/**
 * What one call to one provider is before it is made: who is asked, with which credential, at which
 * address, in whose words.
 */
import type { Env } from "#actors/kit/env.ts";
import { namedSecret } from "#actors/kit/secrets.ts";
import { asObject } from "#providers/json.ts";
import { providerOf } from "#providers/registry.ts";
import type { JsonObject, Provider, Unsupported, UpstreamDialect } from "#providers/types.ts";
import { readProviderKey } from "../auth/credentials.ts";
import { GatewayError } from "../errors.ts";
import { nativeUrl } from "../surface/opaque.ts";
import type { Endpoint, Outgoing } from "./endpoint.ts";
import type { Candidate, Plan } from "./plan.ts";
import type { Sent } from "./sign.ts";
import { transportOf, type Send } from "./transport.ts";

/** What went wrong with one candidate. */
export interface Failure {
  error: GatewayError;
  /** Whether another candidate may do better. */
  next: boolean;
  /** The provider took the call and what became of it is not known: it may bill it. */
  maybePaid?: boolean;
}

interface DescribedCall {
  provider: Provider;
  /** The dialect that the answer comes in. */
  dialect: UpstreamDialect;
  credential: string | undefined;
  /** Not signed yet. */
  sent: Sent;
  send: Send;
  /** Where it is asked, without the path. */
  baseUrl: string;
}

/** Describes a call, or says why this candidate cannot be asked. */
export function describeCall(
  env: Env,
  request: Request,
  plan: Plan,
  endpoint: Endpoint,
  candidate: Candidate,
): DescribedCall | Failure {
  const provider = providerOf(candidate);
  if (provider === undefined) return notConfigured(`No adapter is called "${candidate.kind}".`);
  const { model, maxOutputTokens } = candidate;
  const { secondsMax } = candidate.price;
  const { stream } = plan.request;
  const outgoing = endpoint.outgoing(plan.body, provider, { model, maxOutputTokens, stream });
  if (!outgoing.ok) return { error: unsupported(outgoing.error, candidate), next: true };
  const send = transportOf(env, candidate);
  if (send === undefined) return unbound(candidate);
  const secret = candidate.secret ?? (candidate.binding === undefined ? provider.secretName : "");
  const credential = candidate.callerKey
    ? readProviderKey(request, provider.credentialHeader)
    : namedSecret(env, secret);
  if (credential === undefined && needsCredential(provider, candidate)) {
    return notConfigured(
      `The provider "${candidate.provider}" has no credential: set the secret ${secret}.`,
    );
  }
  const past = plan.policy.dlp.watches("answer") && provider.sendsPast?.(jsonOf(plan));
  if (past) return { error: unsupported(past, candidate), next: true };
  const baseUrl = baseUrlOf(provider, candidate);
  const { operation, dialect } = outgoing.value;
  const { url, headers } = provider.request({
    operation,
    baseUrl,
    model,
    stream,
    credential,
    callerHeaders: request.headers,
    native: outgoing.value.native !== undefined,
    ...(secondsMax !== undefined && { secondsMax }),
  });
  const shaped = operation === "chat" ? provider.body?.(outgoing.value.body) : undefined;
  const call = shaped === undefined ? outgoing.value : { ...outgoing.value, body: shaped };
  return {
    provider,
    dialect,
    credential,
    send,
    baseUrl,
    sent: sentAs(call, url, baseUrl, headers),
  };
}

/** The JSON of a call, of one that is passed on as it came too. */
function jsonOf({ body }: Plan): JsonObject {
  return asObject(body["json"]) ?? body;
}

/** Behind a binding a host means nothing: what a Worker sees there is the vendor's own path. */
function baseUrlOf({ defaultBaseUrl }: Provider, { baseUrl, binding }: Candidate): string {
  if (binding === undefined) return baseUrl ?? defaultBaseUrl;
  return `https://binding.internal${URL.canParse(defaultBaseUrl) ? new URL(defaultBaseUrl).pathname : ""}`;
}

/**
 * Whether a call without its credential is not made. A private address may need none; a vendor's,
 * and whoever policy names a secret for, would answer with a 401 of their own that helps nobody.
 */
function needsCredential(provider: Provider, candidate: Candidate): boolean {
  const { secret, baseUrl, binding, callerKey } = candidate;
  if (provider.secretName === "") return false;
  if (provider.keyOptional === true) return secret !== undefined || callerKey === true;
  const isVendor =
    binding === undefined && (baseUrl === undefined || provider.baseUrlForm !== undefined);
  return isVendor || secret !== undefined || callerKey === true;
}

/** The request to a provider: its own path where the call is passed on as it came. */
function sentAs(
  { body, native }: Outgoing,
  url: string,
  baseUrl: string,
  headers: Record<string, string>,
): Sent {
  if (native === undefined) {
    return { url, init: { method: "POST", headers, body: JSON.stringify(body) } };
  }
  const { "content-type": _type, ...rest } = headers;
  if (native.contentType !== undefined) rest["content-type"] = native.contentType;
  const init: Sent["init"] = { method: native.method, headers: rest };
  if (native.body !== undefined) init.body = native.body;
  return { url: nativeUrl(baseUrl, native.path), init };
}

function unbound({ provider, binding }: Candidate): Failure {
  return notConfigured(
    `The provider "${provider}" is reached over the binding ${binding}, which this deployment does not have: add it to wrangler.toml and deploy again.`,
  );
}

function notConfigured(message: string): Failure {
  return { error: new GatewayError("provider_not_configured", message), next: true };
}

function unsupported({ field, message }: Unsupported, candidate: Candidate): GatewayError {
  return new GatewayError(
    "unsupported_feature",
    `"${field}" cannot be passed on to ${candidate.provider}: ${message}`,
    { problems: [{ path: field, message }] },
  );
}
