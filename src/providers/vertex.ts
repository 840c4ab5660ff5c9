/**
 * Google Vertex AI: Gemini in the dialect of `generateContent`, Claude in Anthropic's. Project and
 * region stand in the base URL. The credential is a service account's key as JSON, for which the
 * edge gets a token, or an access token.
 */
import { readGoogleKey } from "./google-key.ts";
import { bearer, httpProvider, type ProviderRow } from "./http-provider.ts";
import type { JsonObject, ProviderTarget } from "./types.ts";

/** What both have in common. The global endpoint is the form without a region before the host. */
const SHARED = {
  defaultBaseUrl: "",
  baseUrlForm:
    "https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}",
  secretName: "GOOGLE_SERVICE_ACCOUNT",
  signing: "google-service-account",
  // A key is not sent: what it gets is.
  auth: (credential) => (readGoogleKey(credential) === undefined ? bearer(credential) : {}),
} satisfies Partial<ProviderRow>;

/** A version behind `@` stays as Google writes it. */
function modelPath(publisher: string, { model }: ProviderTarget): string {
  const name = model.startsWith(`${publisher}/`) ? model.slice(publisher.length + 1) : model;
  return `/publishers/${publisher}/models/${encodeURIComponent(name).replaceAll("%40", "@")}`;
}

export const vertex = httpProvider({
  ...SHARED,
  id: "vertex",
  title: "Google Vertex AI (Gemini)",
  dialect: "google-generate",
  path: (to) =>
    `${modelPath("google", to)}:${to.stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
});

/** The model stands in the URL, and the version in the body. */
function withVersion({ model: _model, ...body }: JsonObject): JsonObject {
  return { anthropic_version: "vertex-2023-10-16", ...body };
}

export const vertexAnthropic = httpProvider({
  ...SHARED,
  id: "vertex-anthropic",
  title: "Google Vertex AI (Claude)",
  dialect: "anthropic-messages",
  path: (to) => `${modelPath("anthropic", to)}:${to.stream ? "streamRawPredict" : "rawPredict"}`,
  forward: ["anthropic-beta"],
  body: withVersion,
});
