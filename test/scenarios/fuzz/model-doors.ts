/** Every other address of a model, each with a body that it takes: what is broken and sent there. */

/** The model that these ask for: one that no counted call asks for. */
export const uncounted = "gpt-4o";

const messages = [{ role: "user", content: "mail me at a@example.com" }];
const contents = [{ role: "user", parts: [{ text: "mail me at a@example.com" }] }];
const chat = { model: uncounted, messages, max_tokens: 50, stream: false };
const gemini = { contents, generationConfig: { maxOutputTokens: 50 } };

/** Paths with a query where the form has one. */
export const modelDoors: readonly (readonly [path: string, body: unknown])[] = [
  ["/v1/responses", { model: uncounted, input: "a@example.com", max_output_tokens: 50 }],
  ["/v1/embeddings", { model: uncounted, input: ["a@example.com", "b"] }],
  ["/v1/messages/count_tokens", { model: uncounted, messages }],
  [`/v1beta/models/${uncounted}:generateContent`, gemini],
  [`/v1beta/models/${uncounted}:streamGenerateContent`, gemini],
  [`/v1beta/models/${uncounted}:streamGenerateContent?alt=sse`, gemini],
  [`/v1beta/models/${uncounted}:countTokens`, gemini],
  [`/v1beta/models/${uncounted}:embedContent`, { content: contents[0] }],
  ["/api/chat", { model: uncounted, messages, stream: false, options: { num_predict: 50 } }],
  ["/api/generate", { model: uncounted, prompt: "hello", stream: true }],
  ["/api/embed", { model: uncounted, input: "hello" }],
  ["/v2/chat", { model: uncounted, messages, max_tokens: 50 }],
  ["/v2/embed", { model: uncounted, texts: ["x"], input_type: "search_query" }],
  [`/openai/deployments/${uncounted}/chat/completions?api-version=1`, chat],
  ["/client/v4/accounts/dev/ai/v1/messages", { ...chat, model: `scripted/${uncounted}` }],
  [
    "/client/v4/accounts/dev/ai/run",
    { model: `scripted/${uncounted}`, input: { messages, max_tokens: 50 } },
  ],
  ["/v1/dev/main/run", { model: `scripted/${uncounted}`, input: { messages } }],
  [
    "/v1/dev/main",
    [{ provider: "scripted", endpoint: "v1/chat/completions", headers: {}, query: chat }],
  ],
  ["/v1/dev/main/scripted/v1/chat/completions", chat],
  ["/scripted/v1/chat/completions", chat],
  ["/scripted/v1/rerank", { model: uncounted, documents: ["a", "b"], query: "a" }],
  ["/v1/images/generations", { model: uncounted, prompt: "a cat" }],
  ["/v1/files", { purpose: "batch" }],
];
