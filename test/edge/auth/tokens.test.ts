import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type JWTPayload,
} from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readIssuers, verifyToken, type Issuer } from "#edge/auth/tokens.ts";
import { blocksOf, readPage } from "../../support/doc-blocks.ts";

const at = Date.parse("2026-11-21T12:00:00Z");
const seconds = at / 1_000;
let server: Server;
let issuers: Issuer[];
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let strangers: typeof keys;

beforeAll(async () => {
  keys = await generateKeyPair("ES256", { extractable: true });
  strangers = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const issuer = "https://idp.example";
  issuers = readIssuers(
    JSON.stringify([{ organisation: "dev", issuer, audience: "tallygate", jwksUrl }]),
  );
});
afterAll(() => {
  server.close();
});

interface Claims {
  iss?: string;
  aud?: string;
  sub?: string;
  exp?: number | undefined;
  nbf?: number;
}

const good: Claims = { iss: "https://idp.example", aud: "tallygate", sub: "alice" };

function sign(claims: Claims = {}, key: CryptoKey = keys.privateKey): Promise<string> {
  const payload = { ...good, exp: seconds + 60, ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(payload)) as JWTPayload)
    .setProtectedHeader({ alg: "ES256", kid: "k1" })
    .sign(key);
}

describe("a token of the organisation's identity provider", () => {
  it("names the member that it was signed for", async () => {
    expect(await verifyToken(issuers, await sign(), at)).toEqual({
      organisation: "dev",
      member: "alice",
    });
  });

  it.each<[string, Claims]>([
    ["of another issuer", { iss: "https://evil.example" }],
    ["for another audience", { aud: "somebody-else" }],
    ["that is over", { exp: seconds - 1 }],
    ["that is not yet in force", { nbf: seconds + 60 }],
    ["that never ends", { exp: undefined }],
    ["that names nobody", { sub: "" }],
  ])("%s is refused", async (_what, claims) => {
    expect(await verifyToken(issuers, await sign(claims), at)).toBeUndefined();
  });

  it("signed by somebody else's key is refused", async () => {
    expect(await verifyToken(issuers, await sign({}, strangers.privateKey), at)).toBeUndefined();
  });

  it("without a signature is refused", async () => {
    const token = new UnsecuredJWT({ ...good, exp: seconds + 60 }).encode();
    expect(await verifyToken(issuers, token, at)).toBeUndefined();
  });

  it("whose shared secret is the public key is refused", async () => {
    const secret = new TextEncoder().encode(await exportSPKI(keys.publicKey));
    const token = await new SignJWT({ ...good, exp: seconds + 60 })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(secret);
    expect(await verifyToken(issuers, token, at)).toBeUndefined();
  });

  it.each(["", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30."])("%j is refused", async (token) => {
    expect(await verifyToken(issuers, token, at)).toBeUndefined();
  });
});

it("issuers that are not set are none, and wrong ones do not pass unseen", () => {
  expect(readIssuers(undefined)).toEqual([]);
  expect(readIssuers("")).toEqual([]);
  for (const setting of ["{", "{}", '[{"issuer":"x"}]']) {
    expect(() => readIssuers(setting)).toThrow();
  }
});

describe("the setting", () => {
  it("is what the page on signing in shows", () => {
    const page = readPage("docs/how-to/sign-in-with-your-identity-provider.md");
    const shown = blocksOf("", page).filter(({ language }) => language === "json");
    const read = shown.flatMap(({ text }) => readIssuers(text));
    expect(read.map(({ signIn }) => signIn?.id)).toEqual(["acme", undefined]);
  });

  it.each([
    ["no list", "{}"],
    ["no JSON", "["],
    ["two ways in of one id", JSON.stringify(Array(2).fill(withSignIn("a")))],
    ["an id that is no part of an address", JSON.stringify([withSignIn("a/b")])],
  ])("that is %s is refused", (_what, setting) => {
    expect(() => readIssuers(setting)).toThrow();
  });
});

function withSignIn(id: string): object {
  const urls = { issuer: "https://idp.example", jwksUrl: "https://idp.example/keys" };
  const signIn = { id, name: "IdP", clientId: "tallygate" };
  return { organisation: "dev", audience: "tallygate", ...urls, signIn };
}
