/** An export with its proof: fetched into two files, and verified without a network. */
import {
  createReadStream,
  createWriteStream,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { finished } from "node:stream/promises";
import { readPublicKey } from "#events/note.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { describe, type Finding } from "#projections/verify/finding.ts";
import { ListCheck, type ListReport } from "#projections/verify/list-proof.ts";
import { Complaint, type Target, UNREACHED } from "../policy-target.ts";
import { publishedKeys } from "./artefacts.ts";
import type { Filters } from "./filters.ts";
import { linesOf, send, withParams } from "./http.ts";

/** The proof of an export, beside it. */
export function proofBeside(file: string): string {
  return `${file}.proof`;
}

/**
 * Fetches the proof into a file and makes the export of it, which is verified by the keys that the
 * gateway publishes before it has its name.
 */
export async function exportProven(
  target: Target,
  filters: Filters,
  { format, out }: { format: "ndjson" | "csv" | "parquet"; out: string },
): Promise<number> {
  const sent = format === "parquet" ? "ndjson" : format;
  const at = withParams("/audit/export", { ...filters, format: sent, proofs: "true" });
  const answer = await send(target, at);
  const publicKeys = (await publishedKeys(target.url)).flatMap((key) => readPublicKey(key) ?? []);
  const part = `${out}.part`;
  // Both are their owner's alone before anything is in them.
  for (const file of [part, proofBeside(out)]) writeFileSync(file, "", { mode: 0o600 });
  const proof = createWriteStream(proofBeside(out));
  let report: ListReport | undefined;
  const texts = followed(linesOf(answer), proof, { publicKeys, onEnd: (told) => (report = told) });
  try {
    if (format === "parquet") {
      const { writeParquet } = await import("./parquet.ts");
      await writeParquet(splitLines(texts), part);
    } else {
      const to = createWriteStream(part);
      for await (const text of texts) to.write(text);
      to.end();
      await finished(to);
    }
    proof.end();
    await finished(proof);
    const wrong = report?.findings[0];
    if (report === undefined || wrong !== undefined) {
      const why = wrong === undefined ? "it ended early" : describe(wrong);
      throw new Complaint(`The export is not what its proof says: ${why}`, UNREACHED);
    }
    renameSync(part, out);
  } finally {
    rmSync(part, { force: true });
  }
  process.stderr.write(`${report.entries} entries in ${out}, their proof in ${proofBeside(out)}\n`);
  return 0;
}

/** The export as it follows from a proof's lines, which are kept as they come. */
async function* followed(
  lines: AsyncIterable<string>,
  keep: { write(text: string): unknown },
  {
    publicKeys,
    onEnd,
  }: { publicKeys: Uint8Array<ArrayBuffer>[]; onEnd: (report: ListReport) => void },
): AsyncGenerator<string> {
  let texts: string[] = [];
  const check = new ListCheck({ publicKeys, onText: (text) => texts.push(text) });
  for await (const line of lines) {
    const { tooMany } = (tryParseJson(line) ?? {}) as { tooMany?: number };
    if (tooMany !== undefined) {
      throw new Complaint(
        `There are more than ${tooMany} entries, which is what one proof takes: give a shorter time with --from and --to.`,
        UNREACHED,
      );
    }
    keep.write(`${line}\n`);
    await check.take(line);
    yield* texts;
    texts = [];
  }
  onEnd(await check.end());
}

/** Texts of one or more lines, line by line. */
async function* splitLines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const text of texts) yield* text.split("\n");
}

/** Verifies an export against its proof. */
export async function verifyExport(
  file: string,
  proof: string,
  publicKeys: readonly Uint8Array<ArrayBuffer>[],
): Promise<ListReport> {
  const isParquet = file.endsWith(".parquet");
  const rows: string[] = [];
  const check = new ListCheck({
    publicKeys,
    exported: isParquet ? undefined : readFileSync(file),
    ...(isParquet ? { onText: (text: string) => void rows.push(text) } : {}),
  });
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  let rest = "";
  for await (const chunk of createReadStream(proof)) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) await check.take(line);
  }
  rest += decoder.decode();
  if (rest !== "") await check.take(rest);
  const report = await check.end(rest !== "");
  if (!isParquet) return report;
  const { compareParquet } = await import("./parquet.ts");
  const wrong: Finding[] = await compareParquet(file, rows);
  return {
    ...report,
    findings: [...report.findings, ...wrong],
    count: report.count + wrong.length,
  };
}
