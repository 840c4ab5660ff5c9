/** OpenAI's own API. */
import { bearer, httpProvider } from "./http-provider.ts";

export const openai = httpProvider({
  id: "openai",
  title: "OpenAI",
  dialect: "openai-chat",
  defaultBaseUrl: "https://api.openai.com/v1",
  secretName: "OPENAI_API_KEY",
  path: () => "/chat/completions",
  paths: { embeddings: "/embeddings", models: "/models", responses: "/responses" },
  auth: bearer,
  forward: ["openai-organization", "openai-project", "openai-beta", "idempotency-key"],
});
