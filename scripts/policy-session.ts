/** What every command of the command line works with, and how it writes things down. */
import { readFileSync } from "node:fs";
import type { parseArgs } from "node:util";
import type { AdminClient } from "./policy-client.ts";
import { readJsonc } from "./jsonc.ts";
import { Complaint, MISUSED } from "./policy-target.ts";

export const options = {
  url: { type: "string" },
  key: { type: "string" },
  comment: { type: "string" },
  label: { type: "string" },
  expires: { type: "string" },
  models: { type: "string" },
  tiers: { type: "string" },
  routes: { type: "string" },
  access: { type: "string" },
  ips: { type: "string" },
  reason: { type: "string" },
  since: { type: "string" },
  version: { type: "string" },
  "expect-version": { type: "string" },
  wait: { type: "boolean" },
  json: { type: "boolean" },
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

/** Commands by name; each answers its exit code, 0 when it says nothing. */
export type Commands = Record<string, (session: Session) => Promise<number | void>>;

export function changesText(changes: readonly Change[]): string {
  return changes.length === 0 ? "Nothing changes." : changes.map(changeText).join("\n");
}

/** One changed place in one line. */
export function changeText(change: Change): string {
  const [before, after] = [JSON.stringify(change.before), JSON.stringify(change.after)];
  if (before === undefined) return `+ ${change.path}: ${after}`;
  return after === undefined
    ? `- ${change.path}: ${before}`
    : `  ${change.path}: ${before} -> ${after}`;
}

/** A document from a file, which may hold comments; `-` is stdin. */
export function readDocument(file: string | undefined): unknown {
  if (file === undefined) throw new Complaint("Which file? Name a policy document.", MISUSED);
  try {
    return readJsonc(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const text = code === "ENOENT" ? `There is no file "${file}".` : `${file}: ${message}`;
    throw new Complaint(text, MISUSED);
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

/** The version that a change is meant for: the one that was said, else the newest. */
export async function expectedVersion({ client, flags }: Session): Promise<number> {
  const said = flags["expect-version"];
  if (said !== undefined) return wholeOf(said);
  return Number((await client.ask({ type: "GetPolicy" }))["version"]);
}
