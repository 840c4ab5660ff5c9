/** What every command of the command line works with, and how it writes things down. */
import { readFileSync } from "node:fs";
import type { parseArgs } from "node:util";
import type { AdminClient } from "./policy-client.ts";
import { Complaint, MISUSED } from "./policy-target.ts";

export const options = {
  url: { type: "string" },
  key: { type: "string" },
  comment: { type: "string" },
  label: { type: "string" },
  expires: { type: "string" },
  reason: { type: "string" },
  since: { type: "string" },
  version: { type: "string" },
  wait: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

export type Flags = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

export interface Session {
  client: AdminClient;
  words: string[];
  flags: Flags;
  /** Prints for machines with `--json`, else for people. */
  print: (value: unknown, text: () => string) => void;
}

export interface Change {
  path: string;
  before?: unknown;
  after?: unknown;
}

/** Commands by name. */
export type Commands = Record<string, (session: Session) => Promise<void>>;

export function changesText(changes: readonly Change[]): string {
  if (changes.length === 0) return "Nothing changes.";
  return changes
    .map((change) => {
      const [before, after] = [JSON.stringify(change.before), JSON.stringify(change.after)];
      if (before === undefined) return `+ ${change.path}: ${after}`;
      return after === undefined
        ? `- ${change.path}: ${before}`
        : `  ${change.path}: ${before} -> ${after}`;
    })
    .join("\n");
}

export function readDocument(file: string | undefined): unknown {
  if (file === undefined) throw new Complaint("Which file? publish <file.json>", MISUSED);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch (error) {
    throw new Complaint(`${file}: ${(error as Error).message}`, MISUSED);
  }
}

export function wholeOf(text: string | undefined): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) {
    throw new Complaint("A version or a sequence number is a whole number.", MISUSED);
  }
  return Number(text);
}

export function dateOf(at: number): string {
  return new Date(at).toISOString();
}
