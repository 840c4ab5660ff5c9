/** Every address form, and who wins where two could. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isProvider, targetOf } from "#edge/surface/addresses.ts";

const post = (path: string, search = "") => targetOf("POST", path, search);

describe("the gateway's own addresses", () => {
  it.each([
    ["v1/chat/completions", "openai-chat"],
    ["v1/responses", "openai-responses"],
    ["v1/embeddings", "openai-embeddings"],
    ["v1/messages", "anthropic-messages"],
    ["v1/messages/count_tokens", "anthropic-count"],
    ["api/chat", "ollama-chat"],
    ["api/generate", "ollama-generate"],
    ["api/embed", "ollama-embed"],
    ["v2/chat", "cohere-chat"],
    ["v2/embed", "cohere-embed"],
  ])("%s is %s", (path, endpoint) => {
    expect(post(path)).toEqual({ endpoint });
    expect(targetOf("GET", path, "")?.endpoint).toBeUndefined();
  });

  it.each(["v1", "v1beta"])(
    "reads model and method from /%s/models/{model}:{method}",
    (version) => {
      expect(post(`${version}/models/gemini-2.5-flash:generateContent`)).toEqual({
        endpoint: "google-generate",
        model: "gemini-2.5-flash",
        stream: false,
      });
      expect(post(`${version}/models/m:streamGenerateContent`, "?alt=sse")).toEqual({
        endpoint: "google-generate",
        model: "m",
        stream: true,
      });
      expect(post(`${version}/models/m:streamGenerateContent`)?.endpoint).toBe(
        "google-generate-array",
      );
      expect(post(`${version}/models/m:countTokens`)?.endpoint).toBe("google-count");
      expect(post(`${version}/models/a%2Fb:embedContent`)).toMatchObject({ model: "a/b" });
    },
  );

  it.each(["v1/files", "v1/files/f-1/content", "v1/batches", "v1/images/edits", "v1/audio/speech"])(
    "passes %s on as it is",
    (path) => {
      expect(targetOf("GET", path, "?limit=2")).toEqual({ nativePath: `${path}?limit=2` });
    },
  );

  it("finds nothing where nothing is", () => {
    for (const path of ["", "v1", "v1/", "v1/nothing", "v1beta/models", "chat", "constructor"]) {
      expect(post(path)).toBeUndefined();
    }
  });
});

describe("a provider's own paths", () => {
  it("are never below a name of the gateway's own, whatever stands there", () => {
    const app = readFileSync("src/edge/app.ts", "utf8");
    const routes = ["books", "record", "console"].map((room) =>
      readFileSync(`src/edge/${room}/routes.ts`, "utf8"),
    );
    const own = [app, ...routes].flatMap((code) =>
      [...code.matchAll(/"\/([\w.-]+)(?:\/[^"]*)?"/g)].map(([, first]) => first ?? ""),
    );
    expect(own).toEqual(expect.arrayContaining(["audit", "usage", "admin", "console", "setup"]));
    for (const first of new Set([...own, "AUDIT", "%61udit"])) {
      expect([first, post(`${first}/no/such/thing`)]).toEqual([first, undefined]);
    }
    expect(post("openai/no/such/thing")).toMatchObject({ provider: "openai" });
  });

  it.each([
    ["openai/chat/completions", "openai-chat"],
    ["openai/v1/chat/completions", "openai-chat"],
    ["groq/openai/v1/chat/completions", "openai-chat"],
    ["openrouter/api/v1/chat/completions", "openai-chat"],
    ["fireworks/inference/v1/chat/completions", "openai-chat"],
    ["anthropic/v1/messages", "anthropic-messages"],
    ["anthropic/messages", "anthropic-messages"],
    ["ollama/api/chat", "ollama-chat"],
    ["cohere/v2/chat", "cohere-chat"],
    ["cohere/v2/embed", "cohere-embed"],
  ])("%s is %s, of that provider alone", (path, endpoint) => {
    expect(post(path)).toEqual({ endpoint, provider: path.split("/")[0] });
  });

  it("keep the model of a Gemini address, and pass on what they do not know", () => {
    expect(post("google-ai-studio/v1beta/models/m:generateContent")).toMatchObject({
      provider: "google-ai-studio",
      endpoint: "google-generate",
      model: "m",
    });
    expect(post("cohere/v2/rerank")).toEqual({ provider: "cohere", nativePath: "v2/rerank" });
  });

  it("name a deployment in Azure's form: anybody's, or one provider's", () => {
    const endpoint = "openai-chat";
    expect(post("openai/deployments/my%20gpt/chat/completions", "?api-version=x")).toEqual({
      endpoint,
      model: "my gpt",
    });
    expect(post("azure/openai/deployments/m/embeddings")).toEqual({
      endpoint: "openai-embeddings",
      provider: "azure",
      model: "m",
    });
    expect(post("azure-openai/acme/m/chat/completions")).toEqual({
      endpoint,
      provider: "azure-openai",
      model: "m",
    });
    expect(post("openai/deployments/m/images/generations")).toEqual({
      nativePath: "v1/images/generations",
    });
    expect(post("openai/deployments/m/extensions/x")).toBeUndefined();
    for (const kind of ["azure", "azure-deployments"]) {
      expect(isProvider("azure-openai", { provider: "mine", kind })).toBe(true);
    }
  });

  it("are found by the policy's name or by Cloudflare's slug", () => {
    const link = { provider: "studio", kind: "google" };
    expect(["studio", "google", "google-ai-studio"].every((slug) => isProvider(slug, link))).toBe(
      true,
    );
    expect(isProvider("openai", link)).toBe(false);
    expect(isProvider("constructor", link)).toBe(false);
  });
});

describe("Cloudflare's forms", () => {
  const cloudflare = { account: "acme", gateway: "main" };

  it("carry account and gateway", () => {
    expect(post("v1/acme/main")).toEqual({ universal: true, cloudflare });
    expect(post("v1/acme/main/openai/chat/completions")).toEqual({
      endpoint: "openai-chat",
      provider: "openai",
      cloudflare,
    });
    expect(post("v1/acme/main/compat/chat/completions")).toEqual({
      endpoint: "openai-chat",
      compat: true,
      cloudflare,
    });
    expect(post("compat/chat/completions")).toEqual({ endpoint: "openai-chat", compat: true });
  });

  it.each([
    ["", {}],
    ["/@cf/meta/llama-3.1-8b-instruct", { model: "@cf/meta/llama-3.1-8b-instruct" }],
    ["/openai/gpt-4.1", { model: "openai/gpt-4.1" }],
  ])("REST form: run%s", (rest, more) => {
    expect(post(`client/v4/accounts/acme/ai/run${rest}`)).toEqual({
      endpoint: "cloudflare-run",
      compat: true,
      run: "input",
      cloudflare: { account: "acme" },
      ...more,
    });
  });

  it("run is a form of its own below a gateway, and Workers AI's models are its paths", () => {
    expect(post("v1/acme/main/run")).toMatchObject({ endpoint: "openai-chat", run: "state" });
    for (const run of ["", "run/"]) {
      expect(post(`v1/acme/main/workers-ai/${run}@cf/meta/llama-3.1-8b-instruct`)).toEqual({
        endpoint: "cloudflare-run",
        provider: "workers-ai",
        model: "@cf/meta/llama-3.1-8b-instruct",
        cloudflare,
      });
    }
    expect(post("workers-ai/v1/chat/completions")?.endpoint).toBe("openai-chat");
    expect(post("compat/embeddings")).toEqual({ endpoint: "openai-embeddings", compat: true });
  });

  it.each(["chat/completions", "responses", "messages", "embeddings"])("REST form: %s", (rest) => {
    expect(post(`client/v4/accounts/acme/ai/v1/${rest}`)).toMatchObject({
      compat: true,
      cloudflare: { account: "acme" },
    });
  });

  it("never take a fixed name for an account", () => {
    for (const name of ["chat", "responses", "messages", "files", "audio", "models", "batches"]) {
      expect(post(`v1/${name}/anything`)?.cloudflare).toBeUndefined();
    }
  });
});
