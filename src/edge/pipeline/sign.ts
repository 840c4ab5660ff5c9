/** Makes a credential part of a call where a header alone does not do. */
import { AwsV4Signer } from "aws4fetch";
import { readAwsKey } from "#providers/aws-key.ts";
import { readGoogleKey } from "#providers/google-key.ts";
import type { Signing } from "#providers/types.ts";
import { GatewayError } from "../errors.ts";
import { isBrokenJson } from "../settings.ts";
import { googleToken } from "./google-token.ts";

/** A call as `fetch` takes it. */
export interface Sent {
  url: string;
  init: { method: string; headers: Record<string, string>; body?: BodyInit };
}

type Sign = (sent: Sent, credential: string, signal?: AbortSignal) => Promise<Sent>;

const SIGNS: Readonly<Record<Signing, Sign>> = {
  "aws-sigv4": signForAws,
  "google-service-account": tokenForGoogle,
};

/** The call with its credential; the same when the provider's headers carry it already. */
export async function signed(
  sent: Sent,
  signing: Signing | undefined,
  credential: string | undefined,
  signal?: AbortSignal,
): Promise<Sent> {
  if (signing === undefined || credential === undefined) return sent;
  // It is no token either, and would go to the vendor as one.
  if (isBrokenJson(credential)) {
    throw new GatewayError(
      "provider_not_configured",
      "The secret with this provider's key begins as JSON and cannot be read. Tell your operator.",
    );
  }
  return SIGNS[signing](sent, credential, signal);
}

const REGION_DEFAULT = "us-east-1";

/** Signature version 4 over method, path, headers and body; the region is the address's own. */
async function signForAws(sent: Sent, credential: string): Promise<Sent> {
  const key = readAwsKey(credential);
  if (key === undefined) return sent;
  const { url, init } = sent;
  const named = /^bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(new URL(url).hostname)?.[1];
  const { region = named ?? REGION_DEFAULT, ...access } = key;
  const signer = new AwsV4Signer({ ...access, ...init, url, region, service: "bedrock" });
  const { headers } = await signer.sign();
  return { url, init: { ...init, headers: Object.fromEntries(headers) } };
}

/** A service account's token in place of its key; any other credential is a token already. */
async function tokenForGoogle(sent: Sent, credential: string, signal?: AbortSignal): Promise<Sent> {
  const key = readGoogleKey(credential);
  if (key === undefined) return sent;
  const authorization = `Bearer ${await googleToken(key, Date.now(), signal)}`;
  const { url, init } = sent;
  return { url, init: { ...init, headers: { ...init.headers, authorization } } };
}
