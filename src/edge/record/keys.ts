/** `GET /.well-known/tallygate/keys`: the public keys that checkpoints are checked against. */
import type { Env } from "#actors/kit/env.ts";
import { openSigner, readPublicKey, toBase64 } from "#events/note.ts";

/** The key in use first, then those of before. Public: whoever verifies needs nothing else. */
export async function publishKeys(env: Env): Promise<Response> {
  const { TALLYGATE_SIGNING_KEY: secret, TALLYGATE_RETIRED_KEYS: retired = "" } = env;
  const current = secret === undefined ? [] : [(await openSigner(secret)).publicKey];
  const before = retired.split(/\s+/).flatMap((text) => readPublicKey(text) ?? []);
  const keys = [...current, ...before].map((publicKey, index) => ({
    algorithm: "Ed25519",
    publicKey: toBase64(publicKey),
    current: index < current.length,
  }));
  return Response.json({ keys }, { headers: { "cache-control": "max-age=300" } });
}
