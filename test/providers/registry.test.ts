import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { providerIds, PROVIDERS, upstreamOf } from "#providers/registry.ts";
import { describeProvider, type ProviderFixtures } from "../support/describe-provider.ts";

const OPENAI_ERRORS = [
  {
    status: 401,
    body: '{"error":{"message":"Incorrect API key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}',
    code: "invalid_api_key",
    message: "Incorrect API key",
    retryable: false,
  },
  {
    status: 429,
    body: '{"error":{"message":"Rate limit reached","type":"tokens","param":null,"code":"rate_limit_exceeded"}}',
    code: "rate_limit_exceeded",
    message: "Rate limit reached",
    retryable: true,
  },
  {
    status: 429,
    body: '{"error":{"message":"You exceeded your quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}',
    code: "insufficient_quota",
    message: "You exceeded your quota",
    retryable: false,
  },
  {
    status: 500,
    body: '{"error":{"message":"Server error","type":"server_error","param":null,"code":null}}',
    code: "server_error",
    message: "Server error",
    retryable: true,
  },
];

const ANTHROPIC_ERRORS = [
  {
    status: 401,
    body: '{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"req"}',
    code: "authentication_error",
    message: "invalid x-api-key",
    retryable: false,
  },
  {
    status: 429,
    body: '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}',
    code: "rate_limit_error",
    message: "slow down",
    retryable: true,
  },
  {
    status: 529,
    body: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    code: "overloaded_error",
    message: "Overloaded",
    retryable: true,
  },
];

const ROWS: Record<string, Omit<ProviderFixtures, "provider">> = {
  openai: {
    baseUrl: "https://api.openai.com/v1",
    url: "https://api.openai.com/v1/chat/completions",
    credential: ["authorization", "Bearer secret-1"],
    errors: OPENAI_ERRORS,
  },
  anthropic: {
    baseUrl: "https://api.anthropic.com",
    url: "https://api.anthropic.com/v1/messages",
    credential: ["x-api-key", "secret-1"],
    errors: ANTHROPIC_ERRORS,
  },
};

const GOOGLE_URL =
  "https://generativelanguage.googleapis.com/v1beta/models/model-1:generateContent";

ROWS["google"] = {
  baseUrl: "https://generativelanguage.googleapis.com",
  url: GOOGLE_URL,
  credential: ["x-goog-api-key", "secret-1"],
  errors: [
    {
      status: 400,
      body: '{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT"}}',
      code: "INVALID_ARGUMENT",
      message: "API key not valid",
      retryable: false,
    },
    {
      status: 503,
      body: '[{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}]',
      code: "UNAVAILABLE",
      message: "overloaded",
      retryable: true,
    },
  ],
};

ROWS["ollama"] = {
  baseUrl: "http://127.0.0.1:11434",
  url: "http://127.0.0.1:11434/api/chat",
  credential: ["authorization", "Bearer secret-1"],
  errors: [
    {
      status: 404,
      body: '{"error":"model \'x\' not found"}',
      code: "http_404",
      message: "model 'x' not found",
      retryable: false,
    },
  ],
};

ROWS["bedrock"] = {
  baseUrl: "https://bedrock-runtime.us-east-1.amazonaws.com",
  url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/model-1/converse",
  credential: ["authorization", "Bearer secret-1"],
  errors: [
    {
      status: 429,
      body: '{"message":"Too many tokens, please wait before trying again."}',
      headers: { "x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/coral/" },
      code: "ThrottlingException",
      message: "Too many tokens, please wait before trying again.",
      retryable: true,
    },
    {
      status: 403,
      body: '{"Message":"Signature expired"}',
      headers: { "x-amzn-errortype": "InvalidSignatureException" },
      code: "InvalidSignatureException",
      message: "Signature expired",
      retryable: false,
    },
  ],
};

const COMPATIBLE = {
  groq: "https://api.groq.com/openai/v1",
  mistral: "https://api.mistral.ai/v1",
  xai: "https://api.x.ai/v1",
  deepseek: "https://api.deepseek.com",
  cerebras: "https://api.cerebras.ai/v1",
  openrouter: "https://openrouter.ai/api/v1",
  fireworks: "https://api.fireworks.ai/inference/v1",
  together: "https://api.together.ai/v1",
};

for (const [id, baseUrl] of Object.entries(COMPATIBLE)) {
  ROWS[id] = {
    baseUrl,
    url: `${baseUrl}/chat/completions`,
    credential: ["authorization", "Bearer secret-1"],
    errors: OPENAI_ERRORS,
  };
}

ROWS["perplexity"] = {
  baseUrl: "https://api.perplexity.ai/v1",
  url: "https://api.perplexity.ai/v1/responses",
  credential: ["authorization", "Bearer secret-1"],
  errors: OPENAI_ERRORS,
};

const WORKERS_AI_ERRORS = [
  {
    status: 401,
    body: '{"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[]}',
    code: "http_401",
    message: "Authentication error",
    retryable: false,
  },
];

ROWS["workers-ai"] = {
  baseUrl: "https://api.cloudflare.com/client/v4/accounts/a1/ai/v1",
  url: "https://api.cloudflare.com/client/v4/accounts/a1/ai/v1/chat/completions",
  credential: ["authorization", "Bearer secret-1"],
  errors: WORKERS_AI_ERRORS,
};

ROWS["huggingface"] = {
  baseUrl: "https://router.huggingface.co/v1",
  url: "https://router.huggingface.co/v1/chat/completions",
  credential: ["authorization", "Bearer secret-1"],
  errors: [
    {
      status: 401,
      body: '{"error":"Invalid username or password."}',
      code: "http_401",
      message: "Invalid username or password.",
      retryable: false,
    },
  ],
};

ROWS["cohere"] = {
  baseUrl: "https://api.cohere.ai",
  url: "https://api.cohere.ai/compatibility/v1/chat/completions",
  credential: ["authorization", "Bearer secret-1"],
  errors: [
    {
      status: 401,
      body: '{"message":"invalid api token"}',
      code: "http_401",
      message: "invalid api token",
      retryable: false,
    },
    {
      status: 429,
      body: '{"message":"too many requests"}',
      code: "http_429",
      message: "too many requests",
      retryable: true,
    },
  ],
};

const AZURE: Pick<ProviderFixtures, "credential" | "errors"> = {
  credential: ["api-key", "secret-1"],
  errors: [
    {
      status: 400,
      body: '{"error":{"message":"The prompt was filtered.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}',
      code: "content_filter",
      message: "The prompt was filtered.",
      retryable: false,
    },
    {
      status: 401,
      body: '{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}',
      code: "401",
      message: "Access denied due to invalid subscription key.",
      retryable: false,
    },
    {
      status: 429,
      body: '{"error":{"code":"429","message":"Requests have exceeded the rate limit."}}',
      code: "429",
      message: "Requests have exceeded the rate limit.",
      retryable: true,
    },
  ],
};

ROWS["azure"] = {
  baseUrl: "https://acme.openai.azure.com/openai/v1",
  url: "https://acme.openai.azure.com/openai/v1/chat/completions",
  ...AZURE,
};
ROWS["azure-deployments"] = {
  baseUrl: "https://acme.openai.azure.com/openai",
  url: "https://acme.openai.azure.com/openai/deployments/model-1/chat/completions?api-version=2024-10-21",
  ...AZURE,
};

ROWS["replicate"] = {
  baseUrl: "https://api.replicate.com/v1",
  url: "https://api.replicate.com/v1/models/model-1/predictions",
  credential: ["authorization", "Bearer secret-1"],
  errors: [
    {
      status: 401,
      body: '{"title":"Unauthenticated","detail":"You did not pass a valid authentication token","status":401}',
      code: "http_401",
      message: "You did not pass a valid authentication token",
      retryable: false,
    },
    {
      status: 429,
      body: '{"detail":"Request was throttled. Expected available in 1 second.","status":429}',
      code: "http_429",
      message: "Request was throttled. Expected available in 1 second.",
      retryable: true,
    },
  ],
};

const VERTEX_ERRORS = [
  {
    status: 401,
    body: '{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}',
    code: "UNAUTHENTICATED",
    message: "Request had invalid authentication credentials.",
    retryable: false,
  },
  {
    status: 429,
    body: '{"error":{"code":429,"message":"Resource exhausted.","status":"RESOURCE_EXHAUSTED"}}',
    code: "RESOURCE_EXHAUSTED",
    message: "Resource exhausted.",
    retryable: true,
  },
];

for (const [id, publisher, method] of [
  ["vertex", "google", "generateContent"],
  ["vertex-anthropic", "anthropic", "rawPredict"],
] as const) {
  const baseUrl = "https://eu-aiplatform.googleapis.com/v1/projects/acme/locations/eu";
  ROWS[id] = {
    baseUrl,
    url: `${baseUrl}/publishers/${publisher}/models/model-1:${method}`,
    credential: ["authorization", "Bearer secret-1"],
    errors: VERTEX_ERRORS,
  };
}

/** What those can be asked that cannot be asked everything; other rows speak for themselves. */
const OPERATIONS: Record<string, string[]> = {
  "workers-ai": ["chat", "embeddings"],
  huggingface: ["chat", "models"],
  groq: ["chat", "models"],
  perplexity: ["chat", "embeddings"],
  deepseek: ["chat", "models"],
  cerebras: ["chat", "models"],
  replicate: ["chat"],
  vertex: ["chat"],
  "vertex-anthropic": ["chat"],
  cohere: ["chat", "embeddings", "cohere-chat", "cohere-embed"],
  azure: ["chat", "embeddings", "responses"],
  "azure-deployments": ["chat", "embeddings"],
};

for (const [id, row] of Object.entries(ROWS)) {
  const provider = PROVIDERS[id];
  if (provider) describeProvider({ provider, ...row });
}

it("a base URL's own query stays: another version of Azure's API", () => {
  const url = PROVIDERS["azure-deployments"]?.request({
    operation: "embeddings",
    baseUrl: "https://acme.openai.azure.com/openai?api-version=2025-04-01-preview",
    model: "my embeddings",
    stream: false,
    credential: "secret-1",
    callerHeaders: new Headers(),
  }).url;
  expect(url).toBe(
    "https://acme.openai.azure.com/openai/deployments/my%20embeddings/embeddings?api-version=2025-04-01-preview",
  );
});

describe("the registry", () => {
  it("has each provider under its own id, with a dialect and a row in this file", () => {
    expect(providerIds().toSorted()).toEqual(Object.keys(ROWS).toSorted());
    for (const [id, provider] of Object.entries(PROVIDERS)) {
      expect(provider.id).toBe(id);
      const { baseUrlForm: form } = provider;
      expect(provider.defaultBaseUrl).toBe(form === undefined ? ROWS[id]?.baseUrl : "");
      if (form !== undefined) {
        const parts = form.split(/\{\w+\}/);
        const [head = "", tail = ""] = [parts[0], parts.at(-1)];
        expect(ROWS[id]?.baseUrl.startsWith(head) && ROWS[id].baseUrl.endsWith(tail)).toBe(true);
      }
      expect(upstreamOf(provider.dialect).id).toBe(provider.dialect);
      expect(provider.defaultBaseUrl.endsWith("/")).toBe(false);
    }
  });

  it("has an address below the base URL for each operation claimed, and for no other", () => {
    const every = [
      ...(["chat", "embeddings", "count-tokens", "models", "responses"] as const),
      ...(["cohere-chat", "cohere-embed"] as const),
    ];
    for (const [id, provider] of Object.entries(PROVIDERS)) {
      const baseUrl = ROWS[id]?.baseUrl ?? "";
      const to = { baseUrl, model: "m", stream: false, credential: "k" };
      for (const operation of every) {
        const call = () => provider.request({ ...to, operation, callerHeaders: new Headers() });
        if (!provider.operations.includes(operation)) expect(call, id).toThrow(RangeError);
        else expect(call().url.startsWith(`${baseUrl}/`), `${id} ${operation}`).toBe(true);
      }
    }
  });

  it("has a provider of fewer than 60 lines: a known dialect at another address is data", () => {
    const folder = path.resolve(import.meta.dirname, "../../src/providers");
    for (const name of ["ollama", "openai", "anthropic", "google", "bedrock"]) {
      const lines = readFileSync(path.join(folder, `${name}.ts`), "utf8").split("\n").length;
      expect(lines, name).toBeLessThan(60);
    }
  });

  it("asks nobody for what they do not have", () => {
    for (const [id, operations] of Object.entries(OPERATIONS)) {
      expect(PROVIDERS[id]?.operations).toEqual(operations);
    }
  });

  it("sends Anthropic's version, and the caller's own and betas when it names them", () => {
    const to = { baseUrl: "https://a", model: "m", stream: true, credential: "k" };
    const plain = PROVIDERS["anthropic"]?.request({ ...to, callerHeaders: new Headers() });
    expect(plain?.headers["anthropic-version"]).toBe("2023-06-01");
    const callerHeaders = new Headers({ "anthropic-version": "2099-01-01", "anthropic-beta": "x" });
    const asked = PROVIDERS["anthropic"]?.request({ ...to, callerHeaders });
    expect(asked?.headers).toMatchObject({
      "anthropic-version": "2099-01-01",
      "anthropic-beta": "x",
    });
  });

  it("reads the wait that Google writes into its body", () => {
    const retry = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" };
    const error = { code: 429, status: "RESOURCE_EXHAUSTED", message: "quota", details: [retry] };
    const view = PROVIDERS["google"]?.decodeError(429, JSON.stringify({ error }), new Headers());
    expect(view).toMatchObject({ code: "RESOURCE_EXHAUSTED", retryAfterMs: 34_500 });
  });

  it("streams from Google by its own method", () => {
    const to = {
      baseUrl: "https://g",
      model: "models/gemini-3-pro",
      stream: true,
      credential: "k",
    };
    const { url } = PROVIDERS["google"]?.request({ ...to, callerHeaders: new Headers() }) ?? {};
    expect(url).toBe("https://g/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse");
  });

  it("reads a wait given as a date against the answer's own date", () => {
    const headers = new Headers({
      date: "Sat, 21 Nov 2026 09:00:00 GMT",
      "retry-after": "Sat, 21 Nov 2026 09:00:30 GMT",
    });
    expect(PROVIDERS["openai"]?.decodeError(503, "", headers).retryAfterMs).toBe(30_000);
  });

  it("believes a provider that says whether to try again", () => {
    const never = new Headers({ "x-should-retry": "false" });
    const always = new Headers({ "x-should-retry": "true" });
    expect(PROVIDERS["openai"]?.decodeError(429, "", never).retryable).toBe(false);
    expect(PROVIDERS["openai"]?.decodeError(400, "", always).retryable).toBe(true);
  });
});
