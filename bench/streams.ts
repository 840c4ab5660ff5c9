/**
 * What a stream costs per chunk in the Worker's own code: the same dialect watched by its tap and
 * passed on byte for byte, and translated through the union. Ratios are taken within one round, each
 * against the tap of the dialect that the provider speaks, over the same bytes.
 */
import { openRelay, type Relay } from "../src/edge/pipeline/relay.ts";
import { Screen } from "../src/edge/pipeline/screen.ts";
import type { Settlement } from "../src/edge/pipeline/settlement.ts";
import { compileDlp } from "../src/dlp/program.ts";
import { openFrames } from "../src/providers/frames.ts";
import { dialectOf } from "../src/providers/registry.ts";
import type { DialectId } from "../src/providers/types.ts";
import { ratios, type Spread } from "./stats.ts";

/** A translated chunk costs at most this many times a watched one. */
const ratioMax = 2;

const chunks = 2_000;
/** Each measurement takes the best of several passes: the least disturbed one. */
const passes = 5;

const meta = { requestId: "r", model: "m", createdAtMs: 0, includeUsage: true };
const program = compileDlp([]);

/** What a relay writes to while it runs. */
const newSettlement = (): Settlement => ({ hear() {} }) as unknown as Settlement;

/** The wire text of an answer of many small deltas, as `id`'s own provider sends it. */
function wireOf(id: DialectId): Uint8Array[] {
  const encoder = dialectOf(id).openEncoder(meta);
  const events = [
    encoder.push({ type: "response-metadata", id: "a1", model: "m" }),
    encoder.push({ type: "text-start", id: "t" }),
  ];
  for (let n = 0; n < chunks; n += 1) {
    events.push(encoder.push({ type: "text-delta", id: "t", text: ` word${n % 100}` }));
  }
  events.push(
    encoder.push({ type: "text-end", id: "t" }),
    encoder.push({
      type: "finish",
      finish: "stop",
      usage: { inputTokens: 10, outputTokens: chunks },
    }),
    encoder.end(),
  );
  const bytes = new TextEncoder();
  return events.filter((text) => text !== "").map((text) => bytes.encode(text));
}

function relayOf(from: DialectId, to: DialectId): Relay {
  const settlement = newSettlement();
  const screen = new Screen(program, settlement);
  return openRelay(dialectOf(from), dialectOf(to), screen, settlement, meta);
}

/** Microseconds of one chunk. */
function measureOnce(from: DialectId, to: DialectId, wire: readonly Uint8Array[]): number {
  const encoder = new TextEncoder();
  let best = Infinity;
  for (let pass = 0; pass < passes; pass += 1) {
    const relay = relayOf(from, to);
    const frames = openFrames(dialectOf(from).contentType);
    let bytes = 0;
    const start = process.hrtime.bigint();
    for (const chunk of wire) {
      let out = "";
      for (const event of frames.push(chunk)) out += relay.push(event);
      bytes += encoder.encode(out).byteLength;
    }
    bytes += encoder.encode(relay.end()).byteLength;
    const nanos = Number(process.hrtime.bigint() - start);
    if (bytes === 0 || relay.deltas < chunks) throw new Error(`${from} to ${to} gave no answer`);
    best = Math.min(best, nanos / wire.length / 1_000);
  }
  return best;
}

export interface StreamFigures {
  from: DialectId;
  to: DialectId;
  /** CPU of one chunk, microseconds; for orientation, ratios are what counts. */
  chunkUs: number;
  tapUs: number;
  ratio: Spread;
  ok: boolean;
}

const PAIRS: readonly (readonly [DialectId, DialectId])[] = [
  ["anthropic-messages", "openai-chat"],
  ["openai-chat", "anthropic-messages"],
  ["google-generate", "openai-chat"],
  ["openai-chat", "google-generate"],
  ["openai-chat", "openai-responses"],
  ["anthropic-messages", "openai-responses"],
  ["ollama-chat", "openai-chat"],
];

/** Every pair in every round, each beside its tap. */
export function streamFigures(rounds: number): StreamFigures[] {
  return PAIRS.map(([from, to]) => {
    const wire = wireOf(from);
    const crossed: number[] = [];
    const tapped: number[] = [];
    // The first round is the compiler's.
    for (let round = -1; round < rounds; round += 1) {
      const tap = measureOnce(from, from, wire);
      const crossing = measureOnce(from, to, wire);
      if (round < 0) continue;
      tapped.push(tap);
      crossed.push(crossing);
    }
    const ratio = ratios(crossed, tapped);
    const chunkUs = Math.min(...crossed);
    return { from, to, chunkUs, tapUs: Math.min(...tapped), ratio, ok: ratio.median <= ratioMax };
  });
}

/** The table of them. */
export function printStreams(all: readonly StreamFigures[]): string {
  const lines = all.map(({ from, to, chunkUs, tapUs, ratio, ok }) => {
    const pair = `${from} -> ${to}`.padEnd(40);
    const figures = `${chunkUs.toFixed(2)} us a chunk, watched ${tapUs.toFixed(2)} us`;
    const spread = `${ratio.median.toFixed(2)}x (${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)})`;
    return `${pair} ${figures}  ${spread}${ok ? "" : `  over ${ratioMax}x`}`;
  });
  return `translated streams, CPU of one chunk beside the same dialect watched (target <= ${ratioMax}x)\n${lines.join("\n")}\n`;
}
