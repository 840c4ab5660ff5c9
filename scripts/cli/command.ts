/** What every command of the command line is made of: its options, its target, its words. */
import path from "node:path";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { Complaint, findTarget, MISUSED, type Target } from "../policy-target.ts";

/** The folder of this package: where `npm start` keeps its state. */
export const home = path.resolve(import.meta.dirname, "../..");

export interface Command {
  /** What `--help` prints; a command without it answers `--help` itself. */
  usage?: string;
  /** Runs with the words after the command's name; answers the exit code. */
  run(args: string[]): Promise<number>;
}

/** The options of every command that asks a gateway. */
export const targetOptions = {
  url: { type: "string" },
  key: { type: "string" },
  json: { type: "boolean" },
} as const satisfies ParseArgsOptionsConfig;

/** What the usage of each of those says about them. */
export const targetUsage = `  --url, --key    which gateway, as whom; else TALLYGATE_URL, TALLYGATE_KEY, else the local one
                  that \`npm start\` started last
  --json          for scripts

Exit codes: 0 done, 1 the gateway refused, 2 wrong use, 3 the gateway was not reached.
`;

/** Parses a command line strictly; throws a `Complaint` about what makes no sense. */
export function readArgs<O extends ParseArgsOptionsConfig>(args: string[], options: O) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new Complaint(error instanceof Error ? error.message : "Wrong options.", MISUSED);
  }
}

/** As `readArgs`, for commands that take no words. */
export function readOptions<O extends ParseArgsOptionsConfig>(args: string[], options: O) {
  const { values, positionals } = readArgs(args, options);
  const [word] = positionals;
  if (word !== undefined) throw new Complaint(`"${word}" is not expected here.`, MISUSED);
  return values;
}

/** The gateway that a command line means. */
export function targetOf(flags: { url?: string | undefined; key?: string | undefined }): Target {
  return findTarget(flags, process.env, home);
}

export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** How many threads are asked for; as many as there are cores when it is not said. */
export function readThreads(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const threads = Number(given);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new Complaint("--threads takes a number from 1 to 256.", MISUSED);
  }
  return threads;
}
