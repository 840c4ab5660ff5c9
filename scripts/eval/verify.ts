/** Checks over every row: the engine finds what the naive scan finds, streams equal whole texts. */
import { runEngine } from "../../src/dlp/engine.ts";
import { compileEngine } from "../../src/dlp/engine-tables.ts";
import { DETECTORS } from "../../src/dlp/catalogue.ts";
import { Source } from "../../src/dlp/kit/source.ts";
import { redactText } from "../../src/dlp/redact.ts";
import { openStream } from "../../src/dlp/stream.ts";
import { openVault } from "../../src/dlp/vault.ts";
import { naiveCandidates, spell } from "../../test/support/naive-scan.ts";
import { FILES, rows } from "./data.ts";
import { programOf } from "./spans.ts";

const WHERE = { direction: "prompt", channel: "user" } as const;

/** What a rule may do to a text; each is streamed. */
const ACTIONS = ["redact", "mask", "tokenize", "block", "warn"] as const;

export interface Verified {
  texts: number;
  engineDiffers: number;
  streamDiffers: number;
}

/** A small generator of numbers, so that a run can be repeated. */
export function lottery(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Splits a text at random and redacts the pieces; pieces of one character when `most` is 1. What is
 * released is never taken back, so where it adds up to the redaction of the whole, no part of a value
 * left before it was known.
 */
function streamed(
  program: ReturnType<typeof programOf>,
  text: string,
  most: number,
  draw: () => number,
): string {
  const stream = openStream(program, WHERE, openVault());
  let out = "";
  for (let at = 0; at < text.length;) {
    const size = 1 + Math.floor(draw() * most);
    out += stream.push(text.slice(at, at + size)).text;
    at += size;
  }
  return out + stream.end().text;
}

/** How a text differs when it is streamed, by action and size of the pieces. */
export function streamDiffers(
  programs: readonly (readonly [action: string, program: ReturnType<typeof programOf>])[],
  text: string,
  draw: () => number,
): string[] {
  return programs.flatMap(([action, program]) => {
    const whole = redactText(program, text, WHERE, openVault()).text;
    return [1, 9, 64]
      .filter((most) => streamed(program, text, most, draw) !== whole)
      .map((most) => `${action} differs in pieces of up to ${most}`);
  });
}

/** Every detector on, once for each action. */
export const everyAction = () =>
  ACTIONS.map((action) => [action, programOf("all", action)] as const);

/** Runs both checks over the data; prints the first few differences. */
export function verify(directory: string, print: (line: string) => void): Verified {
  const programs = everyAction();
  const engine = compileEngine(DETECTORS);
  const draw = lottery(20261121);
  const result: Verified = { texts: 0, engineDiffers: 0, streamDiffers: 0 };
  for (const file of FILES) {
    for (const { id, text } of rows(directory, file)) {
      result.texts += 1;
      const found = new Set<string>();
      runEngine(engine, new Source(text, true), 0, true, (detector, candidate) => {
        found.add(spell(DETECTORS[detector]?.id ?? "", candidate));
      });
      const naive = naiveCandidates(DETECTORS, text);
      const differs = naive.filter((line) => !found.has(line));
      for (const line of found) if (!naive.includes(line)) differs.push(`not naive: ${line}`);
      if (differs.length > 0) {
        result.engineDiffers += 1;
        if (result.engineDiffers <= 10) print(`engine ${id}: ${differs.slice(0, 4).join("; ")}`);
      }
      const lines = streamDiffers(programs, text, draw);
      result.streamDiffers += lines.length;
      if (lines.length > 0 && result.streamDiffers <= 10)
        print(`stream ${id}: ${lines.join("; ")}`);
    }
  }
  return result;
}
