/** `tallygate verify`: an archive, or a bundle of evidence, against a public key. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { parseCheckpoint, type Checkpoint } from "#events/checkpoint.ts";
import { readWitnessKey } from "#events/cosignature.ts";
import { isSignedBy, parseNote, readPublicKey } from "#events/note.ts";
import { tryParseJson } from "#events/parse-json.ts";
import {
  isMemberEvidence,
  verifyMemberEvidence,
  type MemberReport,
} from "#projections/verify/member-evidence.ts";
import { verifyEvidence } from "#projections/verify/evidence.ts";
import { describe, type Finding } from "#projections/verify/finding.ts";
import type { Depth } from "#projections/verify/streams.ts";
import { verifyArchive, type VerifyReport } from "#projections/verify/verify.ts";
import type { WitnessDemand } from "#projections/verify/witnessed.ts";
import { Complaint, MISUSED } from "../policy-target.ts";
import { type Command, readArgs, readThreads } from "./command.ts";
import { gunzipText, openGateway, publishedKeys } from "./artefacts.ts";
import { proofBeside, verifyExport } from "./list-proof.ts";
import { progressOn } from "./progress.ts";
import { verifyFolder } from "./verify-pool.ts";

const usage = `npx tallygate verify <folder | URL | evidence.json | segment.parquet | export with its .proof> --key <public key or file>

  --key KEY|FILE     a public key that may have signed, or a file of them; as often as needed
  --api-key KEY      an auditor's key, for a URL (TALLYGATE_KEY)
  --since FILE       a checkpoint that was seen before: the archive must begin with what it saw
  --witness KEY      a witness's key (name+id+base64): a checkpoint must have its cosignature; as often as needed
  --witness-quorum N how many of those witnesses are enough; all of them when it is not said
  --threads N        shards of a folder at a time; as many as there are cores
  --chain-only       signatures, roots and chains alone: twice as fast, decides nothing again
  --json             the report as JSON

Exit codes: 0 all is well, 1 something is not, 2 misused, 3 not reached.
`;

const many: string[] = [];
const options = {
  key: { type: "string", multiple: true, default: many },
  "api-key": { type: "string" },
  since: { type: "string", multiple: true, default: many },
  witness: { type: "string", multiple: true, default: many },
  "witness-quorum": { type: "string" },
  threads: { type: "string" },
  "chain-only": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

/** Keys from the command line; a file holds one a line, `#` starts a remark. */
function readKeys(given: readonly string[]): Uint8Array<ArrayBuffer>[] {
  return given.flatMap((text) => {
    const lines = existsSync(text) ? readFileSync(text, "utf8").split("\n") : [text];
    const written = lines
      .map((line) => line.replace(/#.*/, "").trim())
      .filter((line) => line !== "");
    return written.map((line) => {
      const key = readPublicKey(line);
      // The text is not repeated: it may be an API key that was meant for --api-key.
      if (key === undefined) {
        throw new Complaint("--key takes a public key, or a file of them, one a line.", MISUSED);
      }
      return key;
    });
  });
}

async function readSince(
  files: readonly string[],
  publicKeys: readonly Uint8Array<ArrayBuffer>[],
): Promise<Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for (const file of files) {
    if (!existsSync(file)) throw new Complaint(`There is no file "${file}".`, MISUSED);
    const note = parseNote(readFileSync(file, "utf8"));
    const checkpoint = note && parseCheckpoint(note.text);
    if (note === undefined || checkpoint === undefined)
      throw new Complaint(`"${file}" is no checkpoint.`, MISUSED);
    const keys = publicKeys.map((publicKey) => ({ name: checkpoint.origin, publicKey }));
    if (!(await isSignedBy(note, keys)))
      throw new Complaint(`"${file}" is not signed by the key.`, MISUSED);
    checkpoints.push(checkpoint);
  }
  return checkpoints;
}

/** Whose cosignatures are demanded; undefined where nobody's are. */
function readWitnesses(given: readonly string[], quorum?: string): WitnessDemand | undefined {
  const keys = given.map((text) => {
    const key = readWitnessKey(text);
    if (key === undefined) throw new Complaint("--witness takes a name+id+base64 key.", MISUSED);
    return key;
  });
  const enough = quorum === undefined ? keys.length : Number(quorum);
  if (quorum !== undefined && !(Number.isInteger(enough) && enough >= 1 && enough <= keys.length)) {
    throw new Complaint("--witness-quorum is from 1 to the number of --witness keys.", MISUSED);
  }
  return keys.length === 0 ? undefined : { keys, quorum: enough };
}

function print({ shards, findings, count }: VerifyReport, depth: Depth): string {
  const lines = shards.map(({ shard, segments, events, streams, decisions, head }) => {
    const at = head === undefined ? "" : `, root ${head.root.slice(0, 16)}...`;
    const decided = depth === "chain" ? "no decision" : `${decisions} decisions`;
    return `${shard}: ${events} events in ${segments} segments, ${streams} streams, ${decided} made again${at}`;
  });
  for (const { shard, witnessed, head } of shards) {
    if (witnessed === undefined) continue;
    lines.push(`${shard}: the witnesses cosigned ${witnessed} of ${head?.size ?? 0} segments`);
  }
  for (const { shard, base } of shards) {
    if (base === undefined) continue;
    const { segments, position, through } = base;
    const until = new Date(through).toISOString();
    lines.push(
      `note: ${shard} begins with a base: ${position} events in ${segments} segments before it, until ${until}, were not verified here`,
    );
  }
  for (const { stream, seq, epoch, restored, carried } of shards.flatMap(({ forks }) => forks)) {
    const without = `${carried} events after it were decided without events ${restored + 1} to ${seq - 1}, and are counted beside them`;
    lines.push(
      `note: stream ${stream} was restored to event ${restored}: event ${seq} begins epoch ${epoch}; ${without}`,
    );
  }
  lines.push(...findings.map((finding) => describe(finding)));
  if (count > findings.length) lines.push(`... and ${count - findings.length} more`);
  const events = shards.reduce((sum, shard) => sum + shard.events, 0);
  lines.push(
    count === 0 ? `OK: ${events} events are what was signed.` : `NOT OK: ${count} findings.`,
  );
  return `${lines.join("\n")}\n`;
}

function sinceBase({ base }: MemberReport): string {
  if (base === undefined) return "";
  const until = new Date(base.at).toISOString();
  return ` since the base that the archive begins with: it stands for events 1 to ${base.seq}, until ${until}, which are not kept any more`;
}

async function verifyBundle(file: string, keys: readonly Uint8Array<ArrayBuffer>[], json: boolean) {
  const text = readFileSync(file, "utf8");
  const about = isMemberEvidence(text) ? await verifyMemberEvidence(text, keys) : undefined;
  const findings: Finding[] = about?.findings ?? (await verifyEvidence(tryParseJson(text), keys));
  const told = findings.map((finding) => `${describe(finding)}\n`).join("");
  const fine =
    about === undefined
      ? "OK: every event in the bundle is proven.\n"
      : `OK: ${about.events} events of ${about.member} are proven, and none is left out${sinceBase(about)}.\n`;
  const verdict = findings.length === 0 ? fine : "NOT OK\n";
  process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : told + verdict);
  return findings.length === 0 ? 0 : 1;
}

/** An export and its proof, whichever of the two was named; undefined where a file is neither. */
function exportAt(file: string): { file: string; proof: string } | undefined {
  const proof = proofBeside(file);
  if (existsSync(proof)) return { file, proof };
  return file.endsWith(".proof") && existsSync(file.slice(0, -6))
    ? { file: file.slice(0, -6), proof: file }
    : undefined;
}

async function verifyList(
  { file, proof }: { file: string; proof: string },
  keys: readonly Uint8Array<ArrayBuffer>[],
  json: boolean,
) {
  const report = await verifyExport(file, proof, keys);
  const { entries, findings, count, statement } = report;
  const told = findings.map((finding) => `${describe(finding)}\n`).join("");
  const until = statement === undefined ? "" : new Date(statement.at).toISOString();
  const asked = `the key's holder signed that these are all for ${statement?.query ?? ""} at ${until}`;
  const without =
    statement === undefined || statement.unproven === 0
      ? ""
      : `; of ${statement.unproven} the archive does not have all events, so the signature alone vouches for them`;
  const verdict =
    count === 0
      ? `OK: ${entries} entries are what the log says, and ${asked}${without}.\n`
      : "NOT OK\n";
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : told + verdict);
  return count === 0 ? 0 : 1;
}

/** A segment as Parquet, with its proof. */
async function verifyParquet(file: string, keys: Uint8Array<ArrayBuffer>[], json: boolean) {
  const { verifySegment } = await import("./segment-parquet.ts");
  const { events, findings } = await verifySegment(file, keys);
  const told = findings.map((finding) => `${describe(finding)}\n`).join("");
  const verdict =
    findings.length === 0 ? `OK: ${events} events are what was signed.\n` : "NOT OK\n";
  process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : told + verdict);
  return findings.length === 0 ? 0 : 1;
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArgs(args, options);
  const [where] = positionals;
  if (where === undefined || positionals.length > 1) {
    throw new Complaint("Say what to verify: a folder, a URL, or a file of evidence.", MISUSED);
  }
  const isUrl = /^https?:\/\//.test(where);
  let given = values.key;
  if (given.length === 0 && isUrl) {
    given = await publishedKeys(where);
    process.stderr.write(
      "No --key was given: trusting the keys that the gateway itself publishes.\n",
    );
  }
  const publicKeys = readKeys(given);
  if (publicKeys.length === 0) throw new Complaint("Give the public key with --key.", MISUSED);
  if (!isUrl && existsSync(where) && statSync(where).isFile()) {
    const exported = exportAt(where);
    if (exported !== undefined) return verifyList(exported, publicKeys, values.json);
    if (where.endsWith(".proof")) {
      throw new Complaint(`The export has to stand beside its proof "${where}".`, MISUSED);
    }
    if (where.endsWith(".parquet")) return verifyParquet(where, publicKeys, values.json);
    return verifyBundle(where, publicKeys, values.json);
  }
  const apiKey = values["api-key"] ?? process.env["TALLYGATE_KEY"];
  if (isUrl && apiKey === undefined)
    throw new Complaint("Give an auditor's key with --api-key.", MISUSED);
  const threads = readThreads(values.threads);
  const depth: Depth = values["chain-only"] ? "chain" : "decisions";
  const trusted = await readSince(values.since, publicKeys);
  const witnesses = readWitnesses(values.witness, values["witness-quorum"]);
  const bar = progressOn(process.stderr, () => performance.now());
  const onProgress = (events: number): void => bar.show(events);
  const report = isUrl
    ? await verifyArchive(await openGateway({ url: where, apiKey: apiKey ?? "" }), {
        publicKeys,
        gunzip: gunzipText,
        trusted,
        witnesses,
        depth,
        onProgress,
      })
    : await verifyFolder({
        folder: where,
        publicKeys,
        trusted,
        witnesses,
        threads,
        depth,
        onProgress,
      });
  bar.end();
  if (report.shards.length === 0) {
    throw new Error(isUrl ? "There is no archive yet." : `There is no archive in "${where}".`);
  }
  // Still a failed verification: an archive whose segments are gone looks the same.
  if (!isUrl && report.shards.every(({ segments }) => segments === 0)) {
    process.stderr.write(
      `Nothing in "${where}" is an archive: name the folder of the shards' folders, or one of these.\n`,
    );
  }
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : print(report, depth));
  return report.count === 0 ? 0 : 1;
}

export const verify: Command = { usage, run };
