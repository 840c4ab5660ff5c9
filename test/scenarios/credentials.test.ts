/** Whose key a provider gets: by alias, by weight, the caller's own, and never another's. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, auditEntry, chat, errorOf, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  plain,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let first: ScriptedUpstream;
let second: ScriptedUpstream;
let gateway: TestGateway;

const OWN_KEY = "sk-callers-own-0123456789";
const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };

beforeAll(async () => {
  first = await startScriptedUpstream();
  second = await startScriptedUpstream();
  const credentials = [
    { alias: "main", secret: "KEY_MAIN" },
    { alias: "batch", secret: "KEY_BATCH" },
  ];
  gateway = await startGateway({
    env: { KEY_MAIN: "key-main", KEY_BATCH: "key-batch", OTHER_KEY: "key-other" },
    policy: {
      schema: 1,
      providers: {
        acme: { kind: "openai", baseUrl: `${first.url}/v1`, credentials, callerKeys: "allow" },
        other: {
          kind: "openai",
          baseUrl: `${second.url}/v1`,
          secret: "OTHER_KEY",
          callerKeys: "allow",
        },
        closed: { kind: "openai", baseUrl: `${second.url}/v1`, secret: "OTHER_KEY" },
        unset: { kind: "openai", baseUrl: `${second.url}/v1`, secret: "NOT_SET" },
        azure: { kind: "azure", baseUrl: `${second.url}/openai/v1` },
      },
      tiers: {
        standard: {
          candidates: [
            { provider: "acme", serves: ["gpt-4o-mini"], priority: 1 },
            { provider: "other", serves: ["gpt-4o-mini"], priority: 2 },
            { provider: "closed", serves: ["gpt-4o-mini"], priority: 3 },
            { provider: "acme", model: "gpt-two", serves: ["gpt-two"], priority: 1 },
            {
              provider: "acme",
              model: "gpt-two",
              serves: ["gpt-two"],
              credential: "batch",
              priority: 2,
            },
            { provider: "acme", serves: ["files"] },
            { provider: "unset", serves: ["gpt-unset"] },
            { provider: "azure", serves: ["gpt-azure"] },
          ],
        },
      },
      prices: {
        "gpt-*": price,
        files: { inputUsdPerMtok: 0, outputUsdPerMtok: 0, requestUsd: 0.001 },
      },
      cloudflare: { accounts: ["acct"] },
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await first.stop();
  await second.stop();
});
beforeEach(() => {
  for (const one of [first, second]) {
    one.script = plain;
    one.seen.length = 0;
  }
});

const keysAt = ({ seen }: ScriptedUpstream): (string | undefined)[] =>
  seen.map(({ headers }) => headers["authorization"]);
const attemptsOf = async (answer: Answer) =>
  (await auditEntry(gateway, answer.headers.get("x-request-id") ?? ""))["attempts"];

const alias = (name: string): Promise<Answer> =>
  chat(gateway, gateway.keys.alice, "hi", {}, { "cf-aig-byok-alias": name });

/** A call that names its provider, by a caller with a key of their own for it. */
const own = (provider: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(`${gateway.url}/${provider}/v1/chat/completions`, {
    method: "POST",
    headers: {
      "x-tallygate-key": gateway.keys.alice,
      authorization: `Bearer ${OWN_KEY}`,
      ...headers,
    },
    body: JSON.stringify({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: "hi" }],
    }),
  });

describe("credentials by alias", () => {
  it("the first is asked with, and the alias is in the books", async () => {
    const answer = await chat(gateway, gateway.keys.alice, "hi");
    expect(answer.status).toBe(200);
    expect(keysAt(first)).toEqual(["Bearer key-main"]);
    expect(await attemptsOf(answer)).toMatchObject([{ provider: "acme", credential: "main" }]);
  });

  it("a caller's header names another, and one that nobody has is refused", async () => {
    expect((await alias("batch")).status).toBe(200);
    expect(keysAt(first)).toEqual(["Bearer key-batch"]);
    const refused = await alias("nobodys");
    expect(refused.status).toBe(400);
    expect(errorOf(refused).code).toBe("unknown_credential");
    expect(keysAt(first).length + keysAt(second).length).toBe(1);
  });

  it("a candidate names another for when the first is over its limit", async () => {
    first.script = (seen, response) =>
      seen.headers["authorization"] === "Bearer key-main"
        ? json(response, 429, { error: { message: "slow down" } })
        : plain(seen, response);
    const answer = await chat(gateway, gateway.keys.alice, "hi", { model: "gpt-two" });
    expect(answer.status).toBe(200);
    expect(keysAt(first)).toEqual(["Bearer key-main", "Bearer key-batch"]);
    expect(await attemptsOf(answer)).toMatchObject([
      { credential: "main", status: 429 },
      { credential: "batch", status: 200 },
    ]);
  });

  it.each(["gpt-unset", "gpt-azure"])("%s: a secret that is not set is named", async (model) => {
    const answer = await chat(gateway, gateway.keys.alice, "hi", { model });
    expect(answer.status).toBe(502);
    expect(errorOf(answer).code).toBe("provider_not_configured");
    expect(errorOf(answer).message).toContain(
      model === "gpt-unset" ? "NOT_SET" : "AZURE_OPENAI_API_KEY",
    );
    expect(second.seen).toEqual([]);
  });
});

describe("a caller's own key", () => {
  it("reaches the provider that the call names, and stays nowhere", async () => {
    const answer = await own("acme");
    expect(answer.status).toBe(200);
    expect(keysAt(first)).toEqual([`Bearer ${OWN_KEY}`]);
    expect(await attemptsOf(answer)).toMatchObject([
      { credential: "caller", costNanos: 2_000_000 },
    ]);
    expect(gateway.complaints()).not.toContain(OWN_KEY);
    const files = readdirSync(gateway.state, { recursive: true, encoding: "utf8" })
      .map((name) => path.join(gateway.state, name))
      .filter((name) => statSync(name).isFile());
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect(readFileSync(file).includes(OWN_KEY), file).toBe(false);
  });

  it("is never sent to another provider: not by a general address, not as a fallback", async () => {
    first.script = (_seen, response) => json(response, 500, { error: { message: "no" } });
    const fallen = await own("acme");
    expect(fallen.status).toBe(502);
    expect(second.seen).toEqual([]);
    const general = await chat(
      gateway,
      OWN_KEY,
      "hi",
      {},
      { "cf-aig-authorization": `Bearer ${gateway.keys.alice}` },
    );
    expect(general.status).toBe(200);
    expect(keysAt(first).slice(-1)).toEqual(["Bearer key-main"]);
    expect(keysAt(second)).toEqual(["Bearer key-other"]);
  });

  it("called by its kind reaches no address but the vendor's own", async () => {
    await own("openai");
    expect([...keysAt(first), ...keysAt(second)]).not.toContain(`Bearer ${OWN_KEY}`);
  });

  it("stays here where policy does not let it through", async () => {
    expect((await own("closed")).status).toBe(200);
    expect(keysAt(second)).toEqual(["Bearer key-other"]);
  });

  it("is not replaced by the organisation's when the provider does not take it", async () => {
    first.script = (_seen, response) => json(response, 401, { error: { message: "who?" } });
    const answer = await own("acme");
    expect(answer.status).toBe(401);
    expect(errorOf(answer).message).toContain("the key that you sent");
    expect(keysAt(first)).toEqual([`Bearer ${OWN_KEY}`]);
    expect(second.seen).toEqual([]);
  });

  it("is not one of ours: a Tallygate key or token in its place goes nowhere", async () => {
    const token = "aaaa.bbbbbb.cccc";
    for (const ours of [gateway.keys.bob, gateway.keys.alice, token]) {
      expect((await own("acme", { authorization: `Bearer ${ours}` })).status).toBe(200);
    }
    expect(keysAt(first)).toEqual(Array.from({ length: 3 }, () => "Bearer key-main"));
  });

  it("at a list of attempts goes to the attempt that brings it, not to the others", async () => {
    const body = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hi" }] };
    const attempt = { provider: "other", endpoint: "chat/completions", query: body };
    const brings = { ...attempt, headers: { authorization: `Bearer ${OWN_KEY}2` } };
    for (const attempts of [[attempt], [brings]]) {
      const answer = await ask(`${gateway.url}/v1/acct/main`, {
        method: "POST",
        headers: {
          "cf-aig-authorization": `Bearer ${gateway.keys.alice}`,
          authorization: `Bearer ${OWN_KEY}`,
        },
        body: JSON.stringify(attempts),
      });
      expect(answer.status).toBe(200);
    }
    expect(keysAt(second)).toEqual(["Bearer key-other", `Bearer ${OWN_KEY}2`]);
  });
});

it("no key or header of ours reaches a provider, by headers or by the query", async () => {
  const headers = {
    "x-tallygate-key": gateway.keys.alice,
    "cf-aig-metadata": '{"a":"marked"}',
    "x-tallygate-action": "marked",
    "x-goog-api-key": "marked",
    cookie: "tallygate_session=marked",
  };
  await own("acme", headers);
  await ask(`${gateway.url}/acme/v1/files?key=${gateway.keys.alice}&%6bey=marked&limit=2`, {
    headers,
  });
  expect(first.seen.map(({ path: at }) => at)).toEqual([
    "/v1/chat/completions",
    "/v1/files?limit=2",
  ]);
  const sent = JSON.stringify(first.seen.map(({ path: at, headers: all }) => [at, all]));
  expect(sent).not.toContain(gateway.keys.alice);
  expect(sent).not.toContain("marked");
  expect(sent).not.toMatch(/"(?:cf-aig|x-tallygate)/);
});
