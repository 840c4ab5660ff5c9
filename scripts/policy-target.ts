/** Which gateway the command line talks to, and as whom. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

export interface Target {
  url: string;
  key: string;
}

/** A problem that the person at the keyboard can mend. Its message is the whole output. */
export class Complaint extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Exit codes: the gateway said no, the command line was wrong, the gateway was not reached. */
export const REFUSED = 1;
export const MISUSED = 2;
export const UNREACHED = 3;

interface Options {
  url?: string | undefined;
  key?: string | undefined;
}

/** What was asked for, else the environment, else the local gateway that started last. */
export function findTarget(
  options: Options,
  environment: Record<string, string | undefined>,
  folder: string,
): Target {
  const url = options.url ?? environment["TALLYGATE_URL"];
  const key = options.key ?? environment["TALLYGATE_KEY"];
  if (url !== undefined && key !== undefined) return checked({ url, key });
  const local = newestState(path.join(folder, ".tallygate"));
  if (local === undefined) {
    throw new Complaint(
      "No gateway is known: run `npm start` first, or give --url and --key (or TALLYGATE_URL and TALLYGATE_KEY).",
      MISUSED,
    );
  }
  if (url !== undefined && url !== local.url && key === undefined) {
    throw new Complaint(`Give a key for ${url} with --key or TALLYGATE_KEY.`, MISUSED);
  }
  return checked({ url: url ?? local.url, key: key ?? local.key });
}

function checked(target: Target): Target {
  if (!/^https?:\/\//.test(target.url) || !URL.canParse(target.url)) {
    throw new Complaint(`"${target.url}" is no address; write one as http://host:port.`, MISUSED);
  }
  return target;
}

/** The admin of the local gateway whose state was written last. */
function newestState(folder: string): Target | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return [path.join(folder, entry.name, "keys.json")];
    return entry.name === "current.json" ? [path.join(folder, entry.name)] : [];
  });
  const newest = files
    .filter((file) => existsSync(file))
    .map((file) => ({ file, at: statSync(file).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { file } of newest) {
    const target = readTarget(file);
    if (target !== undefined) return target;
  }
  return undefined;
}

function readTarget(file: string): Target | undefined {
  try {
    const state = JSON.parse(readFileSync(file, "utf8")) as {
      url?: unknown;
      keys?: { admin?: unknown };
    };
    const { url, keys } = state;
    if (typeof url !== "string" || typeof keys?.admin !== "string") return undefined;
    return { url, key: keys.admin };
  } catch {
    return undefined;
  }
}

/** What is wrong with something that was sent, a line each; the whole of it has no path. */
export function problemLines(problems: readonly { path: string; message: string }[]): string[] {
  return problems.map(({ path: at, message }) => `  ${at === "" ? "" : `${at}: `}${message}`);
}
