/** A Worker that does nothing but scan, as often as it is asked: its caller keeps the time. */
import { DETECTORS } from "../src/dlp/catalogue.ts";
import { compileDlp } from "../src/dlp/program.ts";
import { Source } from "../src/dlp/kit/source.ts";
import { scanText } from "../src/dlp/scan.ts";
import { ordinaryText } from "../test/support/ordinary-text.ts";

const WHERE = { direction: "prompt", channel: "user" } as const;
const program = compileDlp(
  DETECTORS.map(({ id }) => ({
    id,
    detector: id,
    directions: ["prompt"],
    action: "redact",
    mode: "enforce",
  })),
);

/** Every detector asked at every position. */
function scanNaively(text: string): number {
  const source = new Source(text, true);
  let found = 0;
  for (let at = 0; at < text.length; at += 1)
    for (const detector of DETECTORS) if (detector.validate(source, at) !== undefined) found += 1;
  return found;
}

export default {
  /** `kind` is `scan` or `naive`, `unit` what is repeated instead of ordinary text. */
  fetch(request: Request): Response {
    const asked = new URL(request.url).searchParams;
    const chars = Number(asked.get("chars") ?? 0);
    const unit = asked.get("unit");
    const repeated = unit?.repeat(Math.ceil(chars / unit.length)).slice(0, chars);
    // Parsed, as the texts of a request are: one flat string.
    const text = JSON.parse(JSON.stringify(repeated ?? ordinaryText(chars))) as string;
    let found = 0;
    for (let round = Number(asked.get("rounds") ?? 0); round > 0; round -= 1)
      found +=
        asked.get("kind") === "naive" ? scanNaively(text) : scanText(program, text, WHERE).length;
    return new Response(String(found));
  },
};
