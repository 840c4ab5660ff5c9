/** An Ollama on this machine, which takes no key; a hosted one takes a bearer key. */
import { bearer, httpProvider } from "./http-provider.ts";

export const ollama = httpProvider({
  id: "ollama",
  title: "Ollama",
  dialect: "ollama-chat",
  defaultBaseUrl: "http://127.0.0.1:11434",
  secretName: "OLLAMA_API_KEY",
  keyOptional: true,
  path: () => "/api/chat",
  paths: { embeddings: "/api/embed" },
  auth: bearer,
});
