/**
 * Vertex AI as callers meet it. Bodies and addresses are those of Google's documentation of
 * `generateContent` and of Anthropic's page on Vertex; the token exchange is RFC 7523 as Google
 * documents it for service accounts.
 */
import { exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { ask, auditEntry, chat, errorOf, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  plainUsage,
  startScriptedUpstream,
  stream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let tokens: ScriptedUpstream;
let gateway: TestGateway;
let publicKey: CryptoKey;
let tokensGiven = 0;
/** The form that the first token was had for. */
let form = new URLSearchParams();

const ACCOUNT = "gateway@acme.iam.gserviceaccount.com";
const PROJECT = "/v1/projects/acme/locations/eu";
const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };

const accountOf = (email: string, key: string): string =>
  JSON.stringify({
    type: "service_account",
    client_email: email,
    private_key: key,
    private_key_id: "key-1",
    token_uri: `${tokens.url}/token`,
  });

/** Gives each caller another token. */
const tokenScript: Script = (seen, response) => {
  if (tokensGiven === 0) form = new URLSearchParams(seen.text);
  tokensGiven += 1;
  json(response, 200, { access_token: `ya29.token-${tokensGiven}`, expires_in: 3599 });
};

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  tokens = await startScriptedUpstream();
  const pair = await generateKeyPair("RS256", { extractable: true });
  ({ publicKey } = pair);
  const pem = await exportPKCS8(pair.privateKey);
  const baseUrl = `${upstream.url}${PROJECT}`;
  const at = (secret: string) => ({ baseUrl, secret });
  gateway = await startGateway({
    env: {
      GOOGLE_SERVICE_ACCOUNT: accountOf(ACCOUNT, pem),
      REFUSED_ACCOUNT: accountOf("refused@acme.iam.gserviceaccount.com", pem),
      BROKEN_ACCOUNT: accountOf("broken@acme.iam.gserviceaccount.com", "no key"),
      ACCESS_TOKEN: "ya29.by-hand",
    },
    policy: {
      schema: 1,
      providers: {
        vertex: { kind: "vertex", ...at("GOOGLE_SERVICE_ACCOUNT") },
        claude: { kind: "vertex-anthropic", ...at("GOOGLE_SERVICE_ACCOUNT") },
        "by-hand": { kind: "vertex", ...at("ACCESS_TOKEN") },
        refused: { kind: "vertex", ...at("REFUSED_ACCOUNT") },
        broken: { kind: "vertex", ...at("BROKEN_ACCOUNT") },
      },
      tiers: {
        standard: {
          candidates: [
            { provider: "vertex", serves: ["gemini-*"] },
            { provider: "claude", model: "claude-sonnet-4@20250514", serves: ["claude-*"] },
            ...["by-hand", "refused", "broken"].map((name) => ({
              provider: name,
              model: "gemini-2.5-flash",
              serves: [name],
            })),
          ],
        },
      },
      prices: { "gemini-*": price, "claude-*": price },
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
  await tokens.stop();
});
beforeEach(() => {
  upstream.seen.length = 0;
  tokens.seen.length = 0;
  tokens.script = tokenScript;
  upstream.script = google;
});

const chunkOf = (text: string, finishReason?: string) => ({
  candidates: [
    { content: { role: "model", parts: [{ text }] }, ...(finishReason && { finishReason }) },
  ],
  usageMetadata: {
    promptTokenCount: plainUsage.input,
    candidatesTokenCount: plainUsage.output,
    totalTokenCount: plainUsage.input + plainUsage.output,
    trafficType: "ON_DEMAND",
  },
  modelVersion: "gemini-2.5-flash",
  responseId: "r-1",
});

const google: Script = (seen, response) =>
  seen.path.includes(":stream")
    ? stream(response, [
        `data: ${JSON.stringify(chunkOf("Hello"))}\r\n\r\n`,
        `data: ${JSON.stringify(chunkOf(" there.", "STOP"))}\r\n\r\n`,
      ])
    : json(response, 200, chunkOf("Hello there.", "STOP"));

const usage = { input_tokens: plainUsage.input, output_tokens: plainUsage.output };
const message = {
  id: "msg_vrtx_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4",
  content: [{ type: "text", text: "Hello there." }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage,
};
const event = (data: { type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const events = [
  { type: "message_start", message: { ...message, content: [], stop_reason: null } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello there." } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage },
  { type: "message_stop" },
].map(event);
const anthropic: Script = (seen, response) =>
  seen.path.endsWith(":streamRawPredict") ? stream(response, events) : json(response, 200, message);

const say = (model: string, more: object = {}): Promise<Answer> =>
  chat(gateway, gateway.keys.alice, "Hi", { model, ...more });

async function costOf(answer: Answer): Promise<unknown> {
  const entry = await auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
  return [entry["outcome"], entry["costNanos"], entry["estimated"]];
}
const booked = ["completed", 10 * 100_000 + 5 * 200_000, false];

it("Gemini answers whole and as a stream, and the account's token is fetched once", async () => {
  const whole = await say("gemini-2.5-flash");
  expect(whole.status).toBe(200);
  expect(whole.text).toContain("Hello there.");
  const streamed = await say("gemini-2.5-flash", { stream: true });
  expect(streamed.text).toContain('"content":" there."');
  expect(streamed.text).toContain("[DONE]");
  const models = `${PROJECT}/publishers/google/models/gemini-2.5-flash`;
  expect(upstream.seen.map(({ path }) => path)).toEqual([
    `${models}:generateContent`,
    `${models}:streamGenerateContent?alt=sse`,
  ]);
  const sent = upstream.seen.map(({ headers }) => headers["authorization"]);
  expect(sent).toEqual(["Bearer ya29.token-1", "Bearer ya29.token-1"]);
  expect(upstream.seen[0]?.body["contents"]).toEqual([{ role: "user", parts: [{ text: "Hi" }] }]);
  expect(tokens.seen.length).toBe(1);
  expect(JSON.stringify(upstream.seen)).not.toContain("PRIVATE KEY");
  expect(await costOf(whole)).toEqual(booked);
  expect(await costOf(streamed)).toEqual(booked);
});

const messages = (more: object) =>
  ask(`${gateway.url}/v1/messages`, {
    method: "POST",
    key: gateway.keys.alice,
    headers: { "anthropic-version": "2023-06-01", "anthropic-beta": "some-beta" },
    body: JSON.stringify({
      model: "claude-sonnet-4",
      max_tokens: 50,
      messages: [{ role: "user", content: "Hi" }],
      ...more,
    }),
  });

it("Claude answers whole and as a stream, its version in the body and its model in the address", async () => {
  upstream.script = anthropic;
  const whole = await messages({});
  expect(whole.json["content"]).toEqual(message.content);
  const streamed = await messages({ stream: true });
  expect(streamed.text).toContain("message_stop");
  const models = `${PROJECT}/publishers/anthropic/models/claude-sonnet-4@20250514`;
  expect(upstream.seen.map(({ path }) => path)).toEqual([
    `${models}:rawPredict`,
    `${models}:streamRawPredict`,
  ]);
  expect(upstream.seen[0]?.body).toEqual({
    anthropic_version: "vertex-2023-10-16",
    max_tokens: 50,
    messages: [{ role: "user", content: "Hi" }],
  });
  expect(upstream.seen[0]?.headers).toMatchObject({ "anthropic-beta": "some-beta" });
  expect(upstream.seen[0]?.headers).not.toHaveProperty("anthropic-version");
  expect(await costOf(whole)).toEqual(booked);
  expect(await costOf(streamed)).toEqual(booked);
});

it("an access token is sent as it is", async () => {
  expect((await say("by-hand")).status).toBe(200);
  expect(upstream.seen[0]?.headers["authorization"]).toBe("Bearer ya29.by-hand");
  expect(tokens.seen).toEqual([]);
});

it("an account that gets no token, and a key that is none, are typed refusals that cost nothing", async () => {
  tokens.script = (_seen, response) =>
    json(response, 400, { error: "invalid_grant", error_description: "account not found" });
  const refused = await say("refused");
  expect(refused.status).toBe(502);
  expect(errorOf(refused)).toMatchObject({ code: "provider_error" });
  expect(refused.headers.get("x-should-retry")).toBe("false");
  const broken = await say("broken");
  expect(errorOf(broken)).toMatchObject({ code: "provider_not_configured" });
  expect(broken.text).not.toContain("no key");
  expect(upstream.seen).toEqual([]);
  expect(await costOf(refused)).toEqual(["failed", 0, false]);
});

it("the assertion is signed by the account's key, for Google's token address, for minutes", async () => {
  expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
  const { payload, protectedHeader } = await jwtVerify(form.get("assertion") ?? "", publicKey, {
    issuer: ACCOUNT,
    audience: `${tokens.url}/token`,
  });
  expect(protectedHeader).toMatchObject({ alg: "RS256", kid: "key-1" });
  expect(payload["scope"]).toBe("https://www.googleapis.com/auth/cloud-platform");
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
});
