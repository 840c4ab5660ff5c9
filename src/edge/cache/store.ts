/**
 * Whole answers as their callers got them, redacted, in the Cache API: near the caller, forgotten at
 * their time, never in an actor. A cache that fails is a miss.
 */
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";
import { entryBytesMax } from "./limits.ts";

/** One answer. */
export interface CacheEntry {
  body: string;
  contentType: string;
  provider: string;
  model: string;
  servedModel: string;
  finish?: string | undefined;
  /** What it cost when a provider gave it: what a hit saves. */
  costNanos: number;
}

const Entry = z.object({
  body: z.string(),
  contentType: z.string(),
  provider: z.string(),
  model: z.string(),
  servedModel: z.string(),
  finish: z.string().optional(),
  costNanos: z.int().min(0),
});

/** Nobody can be asked for this address: it is a name inside the cache alone. */
const urlOf = (key: string): string => `https://answers.tallygate.invalid/${key}`;

const cacheOf = (): Cache => (caches as unknown as { default: Cache }).default;

export async function readEntry(key: string): Promise<CacheEntry | undefined> {
  try {
    const found = await cacheOf().match(urlOf(key));
    if (found === undefined) return undefined;
    return Entry.safeParse(tryParseJson(await found.text())).data;
  } catch {
    return undefined;
  }
}

/** Keeps an entry for `ttlMs`; one that is too large is left out. */
export async function writeEntry(key: string, entry: CacheEntry, ttlMs: number): Promise<void> {
  const text = JSON.stringify(entry);
  if (text.length > entryBytesMax) return;
  const headers = { "cache-control": `public, max-age=${Math.floor(ttlMs / 1000)}` };
  await cacheOf()
    .put(urlOf(key), new Response(text, { headers }))
    .catch(() => undefined);
}
