/** Azure OpenAI both ways: its client against the gateway, and its deployments behind it. */
import { AzureOpenAI } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, auditEntry } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const address = `${upstream.url}/openai`;
  const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
  gateway = await startGateway({
    env: { AZURE_OPENAI_API_KEY: "azure-key-1" },
    policy: scriptedPolicy(upstream.url, {
      providers: {
        azure: { kind: "azure-deployments", baseUrl: address },
        newer: { kind: "azure-deployments", baseUrl: `${address}?api-version=2025-04-01-preview` },
        scripted: { kind: "openai", baseUrl: `${upstream.url}/v1` },
      },
      tiers: {
        standard: {
          candidates: [
            { provider: "azure", serves: ["gpt-4o-mini"], model: "team-mini" },
            { provider: "newer", serves: ["gpt-new"] },
            { provider: "azure", serves: ["embed"], model: "vectors" },
            { provider: "scripted", serves: ["gpt-plain"] },
          ],
        },
      },
      prices: { "azure/team-mini": price, "gpt-new": price, "gpt-plain": price, vectors: price },
      cloudflare: { accounts: ["acme"] },
    }),
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
beforeEach(() => {
  upstream.script = plain;
  upstream.seen.length = 0;
});

const client = (more: { deployment?: string } = {}): AzureOpenAI =>
  new AzureOpenAI({
    endpoint: gateway.url,
    apiKey: gateway.keys.alice,
    apiVersion: "2024-10-21",
    maxRetries: 0,
    ...more,
  });
const messages = [{ role: "user" as const, content: "hi" }];

describe("the AzureOpenAI client, unmodified", () => {
  it("asks for a deployment, which is asked for under the name that policy gives it", async () => {
    const answer = await client().chat.completions.create({ model: "gpt-4o-mini", messages });
    expect(answer.choices[0]?.message.content).toBe("Hello there.");
    const [seen] = upstream.seen;
    expect(seen?.path).toBe(
      "/openai/deployments/team-mini/chat/completions?api-version=2024-10-21",
    );
    expect(seen?.headers["api-key"]).toBe("azure-key-1");
    expect(JSON.stringify(seen?.headers)).not.toContain(gateway.keys.alice);
    const entry = await auditEntry(gateway, answer._request_id ?? "");
    expect(entry).toMatchObject({ user: "alice", provider: "azure", costNanos: plainCostNanos });
  });

  it("streams by its own deployment, whatever the body's model says", async () => {
    const stream = await client({ deployment: "gpt-new" }).chat.completions.create({
      model: "something-else",
      stream: true,
      messages,
    });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("Hello there.");
    expect(upstream.seen[0]?.path).toBe(
      "/openai/deployments/gpt-new/chat/completions?api-version=2025-04-01-preview",
    );
  });

  it("gets vectors, and another provider's answer just as well", async () => {
    upstream.script = (seen, response) =>
      seen.path.includes("/embeddings")
        ? json(response, 200, {
            object: "list",
            model: "vectors",
            data: [{ object: "embedding", index: 0, embedding: [0.5] }],
            usage: { prompt_tokens: 3, total_tokens: 3 },
          })
        : plain(seen, response);
    const vectors = await client().embeddings.create({
      model: "embed",
      input: "hi",
      encoding_format: "float",
    });
    expect(vectors.data[0]?.embedding).toEqual([0.5]);
    await client().chat.completions.create({ model: "gpt-plain", messages });
    expect(upstream.seen.map(({ path }) => path)).toEqual([
      "/openai/deployments/vectors/embeddings?api-version=2024-10-21",
      "/v1/chat/completions",
    ]);
  });

  it("is told no in its own words", async () => {
    const refused = client().chat.completions.create({ model: "gpt-nobody", messages });
    await expect(refused).rejects.toMatchObject({ status: 404, code: "model_not_found" });
  });
});

it("Cloudflare's form names the deployment behind the resource", async () => {
  const answer = await ask(
    `${gateway.url}/v1/acme/main/azure-openai/my-resource/gpt-4o-mini/chat/completions?api-version=x`,
    { method: "POST", key: gateway.keys.alice, body: JSON.stringify({ messages }) },
  );
  expect([answer.status, upstream.seen[0]?.path]).toEqual([
    200,
    "/openai/deployments/team-mini/chat/completions?api-version=2024-10-21",
  ]);
});
