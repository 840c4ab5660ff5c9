/** `tallygate export`: the audit list of a time, as it is streamed, to a file or to stdout. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Complaint, MISUSED, type Target, UNREACHED } from "../policy-target.ts";
import { type Command, readOptions, targetOf, targetOptions, targetUsage } from "./command.ts";
import { filterOptions, type Filters, filtersOf, filterUsage } from "./filters.ts";
import { linesOf, send, withParams } from "./http.ts";
import { exportMember } from "./export-member.ts";
import type { ShardArtefacts } from "#projections/verify/artefacts.ts";
import { type Gateway, openFolder, openGateway } from "./artefacts.ts";

function gatewayOf(flags: Parameters<typeof targetOf>[0]): Gateway {
  const { url, key } = targetOf(flags);
  return { url, apiKey: key };
}

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

/** A sealed segment with its proof; which shard has to be said where there are several. */
async function exportSegment(
  shards: readonly ShardArtefacts[],
  { segment, shard }: { segment: string; shard: string | undefined },
  out: string | undefined,
): Promise<number> {
  const n = Number(segment);
  if (out === undefined) throw new Complaint("Parquet is written to a file: give --out.", MISUSED);
  if (!Number.isInteger(n) || n < 0)
    throw new Complaint("--segment takes a number from 0.", MISUSED);
  const [first, second] =
    shard === undefined ? shards : shards.filter((one) => one.shard === shard);
  if (first === undefined || second !== undefined) {
    const names = shards.map((one) => one.shard).join(", ");
    throw new Complaint(`Which shard? --shard takes one of: ${names || "none is there"}.`, MISUSED);
  }
  const { writeSegment } = await import("./segment-parquet.ts");
  const count = await writeSegment(first, n, out);
  process.stderr.write(`${count} events of ${first.shard}, segment ${n}, in ${out}\n`);
  return 0;
}

const noFormat = (): Complaint => new Complaint("--format takes ndjson, csv or parquet.", MISUSED);

export const exporting: Command = {
  usage: `npx tallygate export [--format ndjson|csv|parquet] [--out FILE] [filters]
npx tallygate export --proofs --out FILE [--format ndjson|csv|parquet] [filters]
npx tallygate export --member ID [--actor N] [--out FILE]
npx tallygate export --segment N --out FILE [--shard NAME] [--archive FOLDER]

Every entry, newest first. Members get their own. With --proofs, FILE.proof is written beside FILE:
"verify FILE" checks both without the gateway, 100,000 entries at most. With --member, every event of a person with the
proofs that "verify" checks; of one who is split, of one actor (--actor 0 to 15) at a time. With --segment, a sealed segment of the archive as Parquet, a row an
event, with its proof; of a gateway, or of a folder.

${filterUsage}
${targetUsage}`,
  async run(args) {
    const flags = readOptions(args, {
      ...targetOptions,
      ...filterOptions,
      format: { type: "string", default: "ndjson" },
      out: { type: "string" },
      member: { type: "string" },
      segment: { type: "string" },
      shard: { type: "string" },
      archive: { type: "string" },
      proofs: { type: "boolean" },
      actor: { type: "string" },
    });
    const { format, out, member, segment, shard, archive, proofs, actor } = flags;
    if (segment !== undefined) {
      const shards =
        archive === undefined ? await openGateway(gatewayOf(flags)) : await openFolder(archive);
      return exportSegment(shards, { segment, shard }, out);
    }
    if (member !== undefined) return exportMember(targetOf(flags), { member, actor }, out);
    if (proofs === true) {
      if (out === undefined)
        throw new Complaint("A proof stands beside a file: give --out.", MISUSED);
      if (format !== "ndjson" && format !== "csv" && format !== "parquet") throw noFormat();
      const { exportProven } = await import("./list-proof.ts");
      return exportProven(targetOf(flags), filtersOf(flags), { format, out });
    }
    if (format === "parquet") return exportParquet(targetOf(flags), filtersOf(flags), out);
    if (format !== "ndjson" && format !== "csv") {
      throw noFormat();
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
