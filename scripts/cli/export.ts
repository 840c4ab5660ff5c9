/** `tallygate export`: the audit list of a time, as it is streamed, to a file or to stdout. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Complaint, MISUSED, type Target, UNREACHED } from "../policy-target.ts";
import { type Command, readOptions, targetOf, targetOptions, targetUsage } from "./command.ts";
import { filterOptions, type Filters, filtersOf, filterUsage } from "./filters.ts";
import { linesOf, send, withParams } from "./http.ts";
import { exportMember } from "./export-member.ts";

/** What each form is sent as. */
const TYPES = { ndjson: "application/x-ndjson", csv: "text/csv" } as const;

/** Parquet is written here, from the lines: its end holds where everything is. */
async function exportParquet(
  target: Target,
  filters: Filters,
  out: string | undefined,
): Promise<number> {
  if (out === undefined) throw new Complaint("Parquet is written to a file: give --out.", MISUSED);
  const { writeParquet } = await import("./parquet.ts");
  const at = withParams("/audit/export", { ...filters, format: "ndjson" });
  const count = await writeParquet(linesOf(await send(target, at)), out);
  process.stderr.write(`${count} entries in ${out}\n`);
  return 0;
}

export const exporting: Command = {
  usage: `npx tallygate export [--format ndjson|csv|parquet] [--out FILE] [filters]
npx tallygate export --member ID [--out FILE]

Every entry, newest first. Members get their own. With --member, every event of a person with the
proofs that "verify" checks.

${filterUsage}
${targetUsage}`,
  async run(args) {
    const flags = readOptions(args, {
      ...targetOptions,
      ...filterOptions,
      format: { type: "string", default: "ndjson" },
      out: { type: "string" },
      member: { type: "string" },
    });
    const { format, out, member } = flags;
    if (member !== undefined) return exportMember(targetOf(flags), member, out);
    if (format === "parquet") return exportParquet(targetOf(flags), filtersOf(flags), out);
    if (format !== "ndjson" && format !== "csv") {
      throw new Complaint("--format takes ndjson, csv or parquet.", MISUSED);
    }
    const at = withParams("/audit/export", { ...filtersOf(flags), format });
    const { body, headers } = await send(targetOf(flags), at);
    // Whatever else answers there is no export, and is not written into a file of that name.
    if (!headers.get("content-type")?.startsWith(TYPES[format])) {
      throw new Complaint("What answers there is no gateway: it sent no export.", UNREACHED);
    }
    const to = out === undefined ? process.stdout : createWriteStream(out, { mode: 0o600 });
    try {
      await pipeline(Readable.fromWeb(body as never), to, { end: out !== undefined });
    } catch (error) {
      // `| head` has what it wants.
      if ((error as { code?: string }).code === "EPIPE") return 0;
      throw new Complaint(`The export ended early: ${(error as Error).message}`, UNREACHED);
    }
    return 0;
  },
};
