/** Media sources of the union to and from data URLs, the form OpenAI's and others' bodies use. */
import type { MediaSource } from "./chat.ts";
import { refuse } from "./crossing.ts";
import { encodeBase64Text, readDataUrl } from "./texts.ts";

/** A URL member as a source: base64 data URLs are taken apart, others are places to fetch from. */
export function sourceOfUrl(url: string, field: string): MediaSource {
  const data = readDataUrl(url);
  if (data) return { kind: "base64", mediaType: data.mediaType, data: data.data };
  if (url.startsWith("data:")) refuse(field, "expected a base64 data URL or an https URL");
  return { kind: "url", url };
}

/** The source as one URL; text becomes a data URL of plain text. */
export function urlOfSource(source: MediaSource): string {
  if (source.kind === "url") return source.url;
  if (source.kind === "base64") return `data:${source.mediaType};base64,${source.data}`;
  return `data:text/plain;base64,${encodeBase64Text(source.text)}`;
}
