/**
 * Tokens from an organisation's identity provider (OIDC, Cloudflare Access): verified here with the
 * issuer's published keys; the member they name is looked up like any other.
 */
import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTVerifyGetKey } from "jose";
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";

const Issuer = z.object({
  organisation: z.string(),
  issuer: z.string(),
  audience: z.string(),
  jwksUrl: z.url(),
  /** The claim that holds the member's id. */
  memberClaim: z.string().default("sub"),
});
const Issuers = z.array(Issuer).max(20);
export type Issuer = z.infer<typeof Issuer>;

const keySets = new Map<string, JWTVerifyGetKey>();

/** Reads the trusted issuers of the deployment; throws when they are not what they should be. */
export function readIssuers(setting: string | undefined): Issuer[] {
  if (setting === undefined || setting === "") return [];
  return Issuers.parse(tryParseJson(setting));
}

/** Who a token names: `undefined` unless an issuer we trust signed it, for us, and it is in force. */
export async function verifyToken(
  issuers: readonly Issuer[],
  token: string,
  at: number,
): Promise<{ organisation: string; member: string } | undefined> {
  try {
    const claimed = decodeJwt(token);
    const issuer = issuers.find((known) => known.issuer === claimed.iss);
    if (issuer === undefined) return undefined;
    let keys = keySets.get(issuer.jwksUrl);
    if (keys === undefined) {
      keys = createRemoteJWKSet(new URL(issuer.jwksUrl), { timeoutDuration: 5_000 });
      keySets.set(issuer.jwksUrl, keys);
    }
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.issuer,
      audience: issuer.audience,
      currentDate: new Date(at),
      // Only signatures by a private key: a shared-secret algorithm would accept the public key.
      algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA"],
      requiredClaims: ["exp"],
    });
    const member = payload[issuer.memberClaim];
    if (typeof member !== "string" || member === "") return undefined;
    return { organisation: issuer.organisation, member };
  } catch {
    return undefined;
  }
}
