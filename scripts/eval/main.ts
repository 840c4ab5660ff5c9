/** The command of `npm run eval:dlp`: scores, and prints them beside the peers' figures. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { DataProblem, checkData, missingParts } from "./data.ts";
import { writeMade } from "./made/rows.ts";
import { scoreGuard, type GuardScore } from "./guard.ts";
import { scorePii, scoreSecrets, type PiiScore, type SecretsScore, type Slip } from "./spans.ts";
import { printTables } from "./table.ts";
import { verify } from "./verify.ts";

const USAGE = `usage: npm run eval:dlp -- (--data DIR | --made SEED) [--json] [--show] [--verify]

DIR holds pii.jsonl, secrets.jsonl, injection.jsonl and benign.jsonl, or some of them.
--made scores rows made up from the seed: values with valid check digits in sentences and
records of seven languages that no detector was tuned on.
--json prints one JSON object of fractions; --show lists misses and false matches.
--verify checks every row: engine equals naive scan, streams equal whole texts at every action.`;

/** Rows of every type that `--made` makes. */
const MADE_PER_TYPE = 200;

/** The scores as `--json` prints them: fractions only. */
export function fractions(pii: PiiScore, secrets: SecretsScore, guard: GuardScore | null) {
  const { precision, recall, f1, cleanTouched, hardNegatives } = pii;
  const byType = Object.fromEntries(
    Object.entries(pii.byType).map(([type, tally]) => [type, tally.recall]),
  );
  const bySource = Object.fromEntries(
    Object.entries(guard?.bySource ?? {}).map(([source, tally]) => [source, tally.flagged]),
  );
  return {
    pii: { precision, recall, f1, cleanTouched, hardNegatives, byType },
    secrets,
    guard: guard && { recallAt1pctFpr: guard.recallAt1pctFpr, auc: guard.auc, bySource },
  };
}

/** Runs the command; answers the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await runChecked(args);
  } catch (error) {
    if (!(error instanceof DataProblem)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function runChecked(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string" },
      made: { type: "string" },
      json: { type: "boolean", default: false },
      verify: { type: "boolean", default: false },
      show: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { made } = values;
  if (values.help || (values.data === undefined) === (made === undefined)) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  if (made === undefined) return await score(values.data ?? "", values);
  const directory = mkdtempSync(join(tmpdir(), "tallygate-made-"));
  try {
    writeMade(directory, Number(made), MADE_PER_TYPE);
    return await score(directory, values);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Wanted {
  verify: boolean;
  json: boolean;
  show: boolean;
}

async function score(data: string, values: Wanted): Promise<number> {
  checkData(data);
  for (const part of missingParts(data)) console.error(part);
  if (values.verify) {
    const verified = verify(data, (line) => console.error(line));
    console.log(JSON.stringify(verified));
    return verified.engineDiffers + verified.streamDiffers === 0 ? 0 : 1;
  }
  const slips: Slip[] = [];
  const pii = scorePii(data, slips);
  const secrets = scoreSecrets(data, slips);
  const guard = await scoreGuard(data);
  if (values.json) console.log(JSON.stringify(fractions(pii, secrets, guard), undefined, 2));
  else printTables(pii, secrets, guard);
  if (values.show)
    for (const slip of slips)
      console.error(`${slip.kind}\t${slip.type}\t${JSON.stringify(slip.text)}`);
  return 0;
}
