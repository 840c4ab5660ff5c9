/**
 * Workers AI over its binding: no address and no credential, since the binding is both. The address
 * here only names the call inside the gateway; nothing is sent to it.
 */
import { httpProvider } from "./http-provider.ts";

export const workersAiBound = httpProvider({
  id: "workers-ai",
  title: "Cloudflare Workers AI",
  dialect: "workers-ai-run",
  defaultBaseUrl: "https://workers-ai.binding",
  secretName: "",
  path: () => "/run",
  paths: { embeddings: "/run" },
  auth: () => ({}),
});
