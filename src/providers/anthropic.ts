/** Anthropic's own API. */
import { httpProvider } from "./http-provider.ts";

export const anthropic = httpProvider({
  id: "anthropic",
  title: "Anthropic",
  dialect: "anthropic-messages",
  defaultBaseUrl: "https://api.anthropic.com",
  secretName: "ANTHROPIC_API_KEY",
  path: () => "/v1/messages",
  paths: { "count-tokens": "/v1/messages/count_tokens", models: "/v1/models" },
  auth: (credential) => ({ "x-api-key": credential }),
  forward: ["anthropic-version", "anthropic-beta"],
  headers: { "anthropic-version": "2023-06-01" },
});
