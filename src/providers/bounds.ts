/**
 * Upper bounds of what a request can use, before anyone has counted its tokens. A hold is made of
 * them, so they may be generous and must not be short.
 */
import type { RequestView } from "./types.ts";

/**
 * An image by URL costs tokens that the body's bytes do not show. The dearest documented case:
 * gpt-4o-mini at high detail, 2833 and 5667 for each of 8 tiles.
 */
const IMAGE_TOKENS_MAX = 2833 + 8 * 5667;

/** A document by URL or in compressed pages: Anthropic reads 600 pages of about 3000 tokens. */
const FILE_TOKENS_MAX = 600 * 3000;

/** Providers put instructions of their own before tools; the largest documented are below 1000. */
const TOOL_PREAMBLE_TOKENS = 1000;

/** Tokens around the whole conversation: role marks, priming of the answer, hidden preambles. */
const REQUEST_TOKENS = 256;

/**
 * The most input tokens a request can be billed for. A token is at least one UTF-8 byte, and the
 * JSON around each message and tool is longer than the marks a provider puts in its place.
 */
export function inputTokenBound(bodyBytes: number, view: RequestView): number {
  const preamble = view.tools > 0 ? TOOL_PREAMBLE_TOKENS : 0;
  const media = view.images * IMAGE_TOKENS_MAX + (view.files ?? 0) * FILE_TOKENS_MAX;
  return bodyBytes + REQUEST_TOKENS + preamble + media;
}

/**
 * Documented output limits by the start of a model's name; the longest match counts. Sources: the
 * model pages of each vendor.
 */
const OUTPUT_LIMITS: readonly [string, number][] = [
  ["gpt-3.5", 4096],
  ["gpt-4", 8192],
  ["gpt-4-turbo", 4096],
  ["gpt-4o", 16_384],
  ["gpt-4.1", 32_768],
  ["gpt-5", 128_000],
  ["o1", 100_000],
  ["o3", 100_000],
  ["o4", 100_000],
  ["claude-3", 4096],
  ["claude-3-5", 8192],
  ["claude-3-7", 64_000],
  ["claude-opus-4", 32_000],
  ["claude-opus-4-5", 64_000],
  ["claude-opus-4-6", 128_000],
  ["claude-opus-4-7", 128_000],
  ["claude-opus-4-8", 128_000],
  ["claude-opus-5", 128_000],
  ["claude-sonnet-4", 64_000],
  ["claude-sonnet-5", 128_000],
  ["claude-haiku-4-5", 64_000],
  ["gemini-1.5", 8192],
  ["gemini-2.0", 8192],
  ["gemini-2.5", 65_536],
  ["gemini-3", 65_536],
];

/** The most output tokens a model writes, or undefined when that is not known. */
export function maxOutputOf(_provider: string, model: string): number | undefined {
  // Amazon puts a region's group and the vendor before a name: us.anthropic.claude-...
  const name = model.slice(model.lastIndexOf("/") + 1).replace(/^(?:[a-z-]+\.)?anthropic\./, "");
  let best: [string, number] | undefined;
  for (const row of OUTPUT_LIMITS) {
    if (name.startsWith(row[0]) && (!best || row[0].length > best[0].length)) best = row;
  }
  return best?.[1];
}
