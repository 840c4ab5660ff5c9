/**
 * An export with its proof: the proof as the gateway streams it, and the file that follows from it,
 * verified by the keys that the gateway publishes. Its own chunk, since few ever want one.
 */
import { readPublicKey } from "#events/note.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { describe } from "#projections/verify/finding.ts";
import { ListCheck } from "#projections/verify/list-proof.ts";
import { textLinesOf } from "../logic/ndjson.ts";
import { ApiError } from "./api.ts";
import { readPublicKeys } from "./record.ts";

/** Reads a proof to its end; hands over its text and that of the export. */
export async function readProven(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  onProgress: (entries: number) => void,
): Promise<{ proof: string[]; texts: string[]; entries: number }> {
  const publicKeys = (await readPublicKeys(signal)).flatMap((key) => readPublicKey(key) ?? []);
  const texts: string[] = [];
  const proof: string[] = [];
  let entries = 0;
  const onEntry = (): void => onProgress((entries += 1));
  const check = new ListCheck({ publicKeys, onText: (text) => texts.push(text), onEntry });
  for await (const line of textLinesOf(body)) {
    const { tooMany } = (tryParseJson(line) ?? {}) as { tooMany?: number };
    if (tooMany !== undefined) {
      throw new ApiError(400, "failed", `More than ${tooMany} entries: choose a shorter time.`);
    }
    proof.push(`${line}\n`);
    await check.take(line);
  }
  const report = await check.end();
  const [wrong] = report.findings;
  if (wrong !== undefined) throw new ApiError(502, "failed", describe(wrong));
  return { proof, texts, entries: report.entries };
}
