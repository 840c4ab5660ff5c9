/**
 * The secrets of a deployment: what the Worker has, what is given, what is made. What is made is kept
 * on this machine before it is uploaded: the account never shows it again, and without it nobody finds
 * the books.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";

/** Asked for by name; each may be left empty. */
const optionalSecrets = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"];

/** What only a gateway on this machine may be given. */
const developmentOnly = ["TALLYGATE_ALLOW_PRIVATE", "DEV_UPSTREAM_KEY"];

/** Each is made when there is none, in the form that the Worker reads. */
const made: Record<string, () => string> = {
  TALLYGATE_SECRET: () => randomBytes(32).toString("base64url"),
  TALLYGATE_SIGNING_KEY: () => randomBytes(32).toString("base64"),
};

export interface Asking {
  env: Readonly<Record<string, string | undefined>>;
  ask: (name: string) => Promise<string>;
  say: (line: string) => void;
  /** Where what is made is kept, as lines of NAME=value. */
  keptFile: string;
}

export interface Gathered {
  /** What is uploaded with the Worker: never a root secret in place of the one that it has. */
  upload: Record<string, string>;
  /** The root secret, if this machine knows it. */
  root: string | undefined;
}

/** Refuses a Worker that is set up for development. */
function refuseDevelopment(existing: ReadonlySet<string>): void {
  const wrong = developmentOnly.find((name) => existing.has(name));
  if (wrong === undefined) return;
  throw new Error(
    `The Worker has the secret ${wrong}, which is for development: run \`npx wrangler secret delete ${wrong}\`.`,
  );
}

/** Gathers everything; `existing` are the names of those that the Worker has. */
export async function gatherSecrets(
  { env, ask, say, keptFile }: Asking,
  existing: ReadonlySet<string>,
): Promise<Gathered> {
  refuseDevelopment(existing);
  const kept = readKept(keptFile);
  const upload: Record<string, string> = {};
  const given = (name: string): string | undefined => env[name] || undefined;
  for (const [name, make] of Object.entries(made)) {
    const own = given(name);
    // Another root secret would open empty books: the one that is there stays.
    const mayReplace = name !== "TALLYGATE_SECRET";
    if (existing.has(name)) {
      if (own !== undefined && mayReplace) upload[name] = own;
      continue;
    }
    const value = own ?? kept[name] ?? make();
    upload[name] = value;
    if (own === undefined && kept[name] === undefined) {
      writeKept(keptFile, { ...readKept(keptFile), [name]: value });
      say(`${name}: made anew, kept in ${keptFile}: copy it to your safe`);
    }
  }
  for (const name of optionalSecrets) {
    const value = given(name) ?? (existing.has(name) ? "" : await ask(name));
    if (value !== "") upload[name] = value;
  }
  return { upload, root: given("TALLYGATE_SECRET") ?? readKept(keptFile)["TALLYGATE_SECRET"] };
}

function readKept(file: string): Record<string, string | undefined> {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

/** Writes whole or not at all, readable by the owner only. */
function writeKept(file: string, values: Readonly<Record<string, string | undefined>>): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(draft, lines.join(""), { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}
