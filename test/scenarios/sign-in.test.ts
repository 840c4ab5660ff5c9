/** Signing in to the console by the organisation's identity provider, one that nobody here wrote. */
import { OAuth2Server, type MutableToken } from "oauth2-mock-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const provider = new OAuth2Server();
const clientSecret = "s3cret: of the client";
let gateway: TestGateway;
/** What the provider says of whoever signs in. */
let claims: Record<string, unknown>;
/** What the gateway redeemed codes with. */
let redeemed: { authorization: string | undefined; verifier: unknown }[];

beforeAll(async () => {
  await provider.issuer.keys.generate("RS256");
  await provider.start(0, "localhost");
  provider.service.on("beforeTokenSigning", (token: MutableToken) => {
    Object.assign(token.payload, claims);
  });
  provider.service.on("beforeResponse", (_answer, request) => {
    const { body, headers } = request as unknown as {
      body: Record<string, unknown>;
      headers: Record<string, string | undefined>;
    };
    redeemed.push({ authorization: headers["authorization"], verifier: body["code_verifier"] });
  });
  const issuer = provider.issuer.url ?? "";
  const trusted = {
    organisation: "dev",
    issuer,
    audience: "access-application",
    jwksUrl: `${issuer}/jwks`,
    memberClaim: "email",
  };
  const client = { clientId: "tallygate", clientSecret: "OIDC_SECRET" };
  // Nothing listens at this port.
  const dead = "http://localhost:9";
  gateway = await startGateway({
    env: {
      OIDC_SECRET: clientSecret,
      TALLYGATE_JWT_ISSUERS: JSON.stringify([
        { ...trusted, signIn: { id: "acme", name: "Acme ID", ...client } },
        { ...trusted, issuer: dead, signIn: { id: "dead", name: "Dead ID", ...client } },
        { ...trusted, issuer: "https://machines.example" },
      ]),
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});
beforeEach(() => {
  claims = { email: "admin", email_verified: true };
  redeemed = [];
});

/** Asks as a browser that has these cookies, and does not follow. */
const visit = (url: string, cookie = ""): Promise<Answer> =>
  ask(url, { redirect: "manual", headers: cookie === "" ? {} : { cookie } });

const cookiesOf = ({ headers }: Answer): Map<string, string> =>
  new Map(
    headers.getSetCookie().map((line) => {
      const [pair = ""] = line.split(";");
      return [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    }),
  );
const locationOf = ({ headers }: Answer): string => headers.get("location") ?? "";

/** To the provider and back, as far as the address that the provider sends the browser to. */
async function leaveAndReturn(): Promise<{ to: URL; back: string; cookie: string }> {
  const left = await visit(`${gateway.url}/session/providers/acme`);
  expect(left.status).toBe(303);
  const cookie = `tallygate_sign_in=${cookiesOf(left).get("tallygate_sign_in")}`;
  const to = new URL(locationOf(left));
  return { to, back: locationOf(await visit(to.href)), cookie };
}

describe("who signs in at the identity provider", () => {
  it("comes back with a session of the member that it names", async () => {
    const offered = await ask(`${gateway.url}/session/providers`);
    expect(offered.json).toEqual({
      providers: [
        { id: "acme", name: "Acme ID" },
        { id: "dead", name: "Dead ID" },
      ],
    });
    const { to, back, cookie } = await leaveAndReturn();
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      response_type: "code",
      client_id: "tallygate",
      redirect_uri: `${gateway.url}/session/providers/acme/callback`,
      code_challenge_method: "S256",
    });
    const home = await visit(back, cookie);
    expect([home.status, locationOf(home)]).toEqual([303, "/console/"]);
    const cookies = cookiesOf(home);
    expect(cookies.get("tallygate_sign_in")).toBe("");
    const session = `tallygate_session=${cookies.get("tallygate_session")}`;
    const shown = await visit(`${gateway.url}/session`, session);
    expect(shown.json).toMatchObject({ organisation: "dev", member: "admin", role: "admin" });
    // The provider has checked the verifier against its challenge, if there was one.
    const pair = ["tallygate", clientSecret].map(encodeURIComponent).join(":");
    expect(redeemed).toEqual([
      { authorization: `Basic ${btoa(pair)}`, verifier: expect.stringMatching(/^[\w-]{43}$/) },
    ]);
    const acts = `${gateway.url}/audit/events?action=session.start&user=admin`;
    await expect
      .poll(async () => (await ask(acts, { key: gateway.keys.auditor })).text)
      .toContain('"resource":"acme"');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["is no member", { email: "mallory" }, "stranger"],
    ["has an address that nobody confirmed", { email_verified: false }, "stranger"],
    ["has a token for another client", { aud: "another" }, "stranger"],
    ["has the token of another sign-in", { nonce: "another" }, "stranger"],
  ])("and %s stays outside", async (_who, told, problem) => {
    claims = { ...claims, ...told };
    const { back, cookie } = await leaveAndReturn();
    const home = await visit(back, cookie);
    expect(locationOf(home)).toBe(`/console/?sign-in=${problem}`);
    expect(cookiesOf(home).has("tallygate_session")).toBe(false);
  });

  it("in one browser cannot finish in another, with another state, or by another address", async () => {
    const { back, cookie } = await leaveAndReturn();
    const altered = back.replace("state=", "state=x");
    const elsewhere = back.replace("/acme/", "/dead/");
    for (const [url, kept] of [
      [back, ""],
      [back, "tallygate_sign_in=v1.e30.AAAA"],
      [altered, cookie],
      [elsewhere, cookie],
    ] as const) {
      expect(locationOf(await visit(url, kept))).toBe("/console/?sign-in=stale");
    }
    expect(redeemed).toEqual([]);
  });

  it("and is turned away there, or finds nobody there, is told so at the door", async () => {
    const { to, cookie } = await leaveAndReturn();
    const state = to.searchParams.get("state") ?? "";
    const declined = `${gateway.url}/session/providers/acme/callback?error=access_denied&state=${state}`;
    expect(locationOf(await visit(declined, cookie))).toBe("/console/?sign-in=declined");
    const made = `${gateway.url}/session/providers/acme/callback?code=made-up&state=${state}`;
    expect(locationOf(await visit(made, cookie))).toBe("/console/?sign-in=unavailable");
    const dead = await visit(`${gateway.url}/session/providers/dead`);
    expect(locationOf(dead)).toBe("/console/?sign-in=unavailable");
    expect((await visit(`${gateway.url}/session/providers/nobody`)).status).toBe(404);
  });
});

/** A token as Access would make it. */
const signed = (told: Record<string, unknown> = {}): Promise<string> =>
  provider.issuer.buildToken({
    scopesOrTransform: (_header, payload) => {
      Object.assign(payload, { email: "auditor", aud: ["access-application"] }, told);
    },
  });

describe("behind Cloudflare Access", () => {
  it("its token says who asks", async () => {
    const headers = { "cf-access-jwt-assertion": await signed() };
    const shown = await ask(`${gateway.url}/session`, { headers });
    expect(shown.json).toMatchObject({ member: "auditor", role: "auditor" });
    const other = { "cf-access-jwt-assertion": await signed({ aud: ["another-application"] }) };
    expect((await ask(`${gateway.url}/session`, { headers: other })).status).toBe(401);
  });

  it("changes nothing for another site's page, and a key wins over it", async () => {
    const token = await signed();
    const body = JSON.stringify({ text: "hello" });
    const scan = (headers: Record<string, string>, key?: string): Promise<Answer> =>
      ask(`${gateway.url}/dlp/scan`, {
        method: "POST",
        body,
        headers: { "cf-access-jwt-assertion": token, ...headers },
        ...(key !== undefined && { key }),
      });
    expect((await scan({})).status).toBe(403);
    expect((await scan({ origin: "https://evil.example" })).status).toBe(403);
    expect((await scan({ origin: gateway.url })).status).toBe(200);
    expect((await scan({}, gateway.keys.admin)).status).toBe(200);
  });
});
