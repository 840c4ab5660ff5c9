/**
 * Tokens from an organisation's identity provider (OIDC, Cloudflare Access): verified here with the
 * issuer's published keys; the member they name is looked up like any other.
 */
import {
  createRemoteJWKSet,
  decodeJwt,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from "jose";
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";
import { GatewayError } from "../errors.ts";

/** How people sign in to the console with an issuer, as a client that is registered there. */
const SignIn = z.strictObject({
  /** In the addresses: `/session/providers/{id}`. */
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  /** On the button. */
  name: z.string().min(1).max(100),
  clientId: z.string().min(1).max(500),
  /** The name of the secret that holds the client's secret; a public client has none. */
  clientSecret: z.string().min(1).max(100).optional(),
  scope: z.string().max(500).default("openid email profile"),
});

const Issuer = z.object({
  organisation: z.string(),
  issuer: z.string(),
  audience: z.string(),
  jwksUrl: z.url(),
  /** The claim that holds the member's id. */
  memberClaim: z.string().default("sub"),
  signIn: SignIn.optional(),
});
const Issuers = z
  .array(Issuer)
  .max(20)
  .refine((all) => {
    const ids = all.flatMap(({ signIn }) => signIn?.id ?? []);
    return new Set(ids).size === ids.length;
  }, "two ways to sign in have the same id");
export type Issuer = z.infer<typeof Issuer>;
/** An issuer that people sign in with. */
export type SignInIssuer = Issuer & { signIn: z.infer<typeof SignIn> };

/** Who a token names. */
export interface Named {
  organisation: string;
  member: string;
}

const keySets = new Map<string, JWTVerifyGetKey>();

/** Why `TALLYGATE_JWT_ISSUERS` cannot be read: the place in it, never what stands there. */
export function issuersProblem(setting: string): string | undefined {
  const value = tryParseJson(setting);
  if (value === undefined) return "it is not JSON";
  const issue = Issuers.safeParse(value).error?.issues[0];
  if (issue === undefined) return undefined;
  const place = issue.path.join(".");
  return place === "" ? "it is not a list of issuers" : `it is wrong at ${place}`;
}

/**
 * Reads the trusted issuers of the deployment. Throws `misconfigured` when they are not what they
 * should be: then nobody is let in by any of them.
 */
export function readIssuers(setting: string | undefined): Issuer[] {
  if (setting === undefined || setting === "") return [];
  const problem = issuersProblem(setting);
  if (problem === undefined) return Issuers.parse(tryParseJson(setting));
  throw new GatewayError(
    "misconfigured",
    `TALLYGATE_JWT_ISSUERS of this gateway cannot be read: ${problem}. Tokens and sign-in wait until its operator has mended it; keys work.`,
  );
}

/** Who a token names: `undefined` unless an issuer we trust signed it, for us, and it is in force. */
export async function verifyToken(
  issuers: readonly Issuer[],
  token: string,
  at: number,
): Promise<Named | undefined> {
  try {
    const claimed = decodeJwt(token);
    const issuer = issuers.find((known) => known.issuer === claimed.iss);
    if (issuer === undefined) return undefined;
    return named(issuer, await verify(issuer, token, issuer.audience, at));
  } catch {
    return undefined;
  }
}

/**
 * Who an ID token names that answers a sign-in (OpenID Connect Core 1.0, section 3.1.3.7):
 * `undefined` unless the issuer signed it for our client and for this very sign-in.
 */
export async function verifyIdToken(
  issuer: SignInIssuer,
  token: string,
  nonce: string,
  at: number,
): Promise<Named | undefined> {
  try {
    const payload = await verify(issuer, token, issuer.signIn.clientId, at);
    return payload["nonce"] === nonce ? named(issuer, payload) : undefined;
  } catch {
    return undefined;
  }
}

/** The claims of a token that holds; throws for any other. */
async function verify(
  { issuer, jwksUrl }: Issuer,
  token: string,
  audience: string,
  at: number,
): Promise<JWTPayload> {
  let keys = keySets.get(jwksUrl);
  if (keys === undefined) {
    keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 5_000 });
    keySets.set(jwksUrl, keys);
  }
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience,
    currentDate: new Date(at),
    // Only signatures by a private key: a shared-secret algorithm would accept the public key.
    algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA"],
    requiredClaims: ["exp"],
  });
  return payload;
}

function named({ organisation, memberClaim }: Issuer, payload: JWTPayload): Named | undefined {
  const member = payload[memberClaim];
  if (typeof member !== "string" || member === "") return undefined;
  // An address that its owner has not confirmed may be anybody's.
  if (memberClaim === "email" && payload["email_verified"] === false) return undefined;
  return { organisation, member };
}
