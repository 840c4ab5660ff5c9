/** Google AI Studio (the Gemini API). The model and whether to stream stand in the URL. */
import { httpProvider } from "./http-provider.ts";

export const google = httpProvider({
  id: "google",
  title: "Google AI Studio",
  dialect: "google-generate",
  defaultBaseUrl: "https://generativelanguage.googleapis.com",
  secretName: "GEMINI_API_KEY",
  path: ({ model, stream }) =>
    `${modelPath(model)}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  paths: { embeddings: ({ model }) => `${modelPath(model)}:batchEmbedContents` },
  auth: (credential) => ({ "x-goog-api-key": credential }),
  forward: ["x-goog-user-project"],
});

function modelPath(model: string): string {
  const name = model.startsWith("models/") ? model.slice(7) : model;
  return `/v1beta/models/${encodeURIComponent(name)}`;
}
