/** `GET /.well-known/tallygate/keys`: the public keys that checkpoints are checked against. */
import type { Env } from "#actors/kit/env.ts";
import { openSigner, readPublicKey, toBase64, type NoteSigner } from "#events/note.ts";
import { GatewayError } from "../errors.ts";

/** The key in use first, then those of before. Public: whoever verifies needs nothing else. */
export async function publishKeys(env: Env): Promise<Response> {
  const { TALLYGATE_SIGNING_KEY: secret, TALLYGATE_RETIRED_KEYS: retired = "" } = env;
  const current = secret === undefined ? [] : [(await signerOf(secret)).publicKey];
  const before = retired.split(/\s+/).flatMap((text) => readPublicKey(text) ?? []);
  const keys = [...current, ...before].map((publicKey, index) => ({
    algorithm: "Ed25519",
    publicKey: toBase64(publicKey),
    current: index < current.length,
  }));
  return Response.json({ keys }, { headers: { "cache-control": "max-age=300" } });
}

async function signerOf(secret: string): Promise<NoteSigner> {
  try {
    return await openSigner(secret);
  } catch (cause) {
    throw new GatewayError(
      "misconfigured",
      "TALLYGATE_SIGNING_KEY of this gateway is not the base64 of 32 bytes: nothing is archived until its operator has mended it.",
      { cause },
    );
  }
}
