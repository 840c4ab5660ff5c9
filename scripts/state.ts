/**
 * What a local gateway keeps between two starts, in one folder that only its owner can read: the
 * Worker's storage, the secret that its seeding is signed with, and the keys that were shown once.
 */
import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

/** The API keys of the seeded members. */
export interface Keys {
  admin: string;
  auditor: string;
  alice: string;
  bob: string;
}

/** What `keys.json` holds: enough for a command line to find and use this gateway. */
export interface Seeded {
  url: string;
  organisation: string;
  /** The development upstream that the policy names: it has to come back at the same address. */
  upstreamPort: number;
  /** The kinds of provider that the seeded policy calls with real keys. */
  live: string[];
  keys: Keys;
}

/** Makes the folder (owner only) and answers its full path. */
export function openState(folder: string): string {
  const full = path.resolve(folder);
  try {
    mkdirSync(full, { recursive: true, mode: 0o700 });
    accessSync(full, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `The state folder ${full} cannot be made or written (${code}): name another with --state.`,
      { cause: error },
    );
  }
  return full;
}

/** Writes whole or not at all, readable by the owner only. */
function writePrivate(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

/** The gateway's secret: 32 random bytes as hex, made at the first start. */
export function readSecret(state: string): string {
  const file = path.join(state, "secret");
  if (!existsSync(file)) writePrivate(file, `${randomBytes(32).toString("hex")}\n`);
  return readFileSync(file, "utf8").trim();
}

/** The key that the archive's checkpoints are signed with: made at the first start. */
export function readSigningKey(state: string): string {
  const file = path.join(state, "signing-key");
  if (!existsSync(file)) writePrivate(file, `${randomBytes(32).toString("base64")}\n`);
  return readFileSync(file, "utf8").trim();
}

/** What an earlier start saved, if one did. */
export function readSeeded(state: string): Seeded | undefined {
  const file = path.join(state, "keys.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Seeded) : undefined;
}

export function saveSeeded(state: string, seeded: Seeded): void {
  writePrivate(path.join(state, "keys.json"), `${JSON.stringify(seeded, null, 2)}\n`);
}
