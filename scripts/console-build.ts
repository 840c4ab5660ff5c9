/**
 * The web console's build: `console/` into `dist/console`, only when something it is made of changed.
 *
 * What it is made of is known by a hash over the sources and the lockfile, kept beside what was
 * built; so a second start costs the time to read some files.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { root } from "./from-wrangler.ts";

/** Where the built console goes: `assets.directory` of wrangler.toml. */
export const consoleDist = path.join(root, "dist", "console");
const descriptionFile = path.join(root, "src/edge/openapi.json");
const stampFile = path.join(root, "dist", "console.sha256");
const lockFile = path.join(root, "dist", "console.lock");
/** A build takes seconds: a lock of this age was left behind, whoever has its process's number now. */
const lockAgeMaxMs = 300_000;

/** Besides its own folder, the console takes pure code from these rooms. */
const madeOf = [
  "console",
  "scripts/console-build.ts",
  "src/actors",
  "src/events",
  "src/policy",
  "src/projections",
];

/** A hash of everything that the build reads. */
export function hashSources(folder = root): string {
  const hash = createHash("sha256");
  const files = madeOf.flatMap((room) => {
    if (room.endsWith(".ts")) return [room];
    const names = readdirSync(path.join(folder, room), { recursive: true, withFileTypes: true });
    return names
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  });
  for (const file of ["package-lock.json", ...files.sort()]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(folder, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

/** Whether `dist/console` is what the sources say. */
export function isBuilt(): boolean {
  if (!existsSync(path.join(consoleDist, "index.html")) || !existsSync(stampFile)) return false;
  return readFileSync(stampFile, "utf8").trim() === hashSources();
}

/** Builds the console, whether or not it is there already. Throws with Vite's own message. */
export const buildConsole = (): Promise<void> => inTurn(build);

/**
 * The build itself. It is made beside its place and put there at once: whoever serves or uploads the
 * folder meanwhile finds all of the old one or all of the new one.
 */
async function build(): Promise<void> {
  const hash = hashSources();
  const fresh = `${consoleDist}-new`;
  const old = `${consoleDist}-old`;
  const vite = await import("vite");
  const { NODE_ENV } = process.env;
  // Under a test runner it is "test", and React would be built with everything for its developers.
  process.env.NODE_ENV = "production";
  try {
    const configFile = path.join(root, "console", "vite.config.ts");
    await vite.build({ configFile, logLevel: "error", build: { outDir: fresh } });
    ensureConsoleFolder(fresh);
    renameSync(consoleDist, old);
    renameSync(fresh, consoleDist);
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  }
  writeFileSync(stampFile, `${hash}\n`);
}

/** Whether the process that took the lock still runs. */
function isHeld(): boolean {
  try {
    if (Date.now() - statSync(lockFile).mtimeMs > lockAgeMaxMs) return false;
    process.kill(Number(readFileSync(lockFile, "utf8")), 0);
    return true;
  } catch (error) {
    // Another user's process cannot be signalled, and runs.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Runs `work` when no other process runs it; the others wait for their turn. */
async function inTurn(work: () => Promise<void>): Promise<void> {
  ensureConsoleFolder();
  for (;;) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (isHeld()) await setTimeout(50);
      else rmSync(lockFile, { force: true });
    }
  }
  try {
    await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

/**
 * Builds the console unless it is built; one line on stderr while that takes its seconds. Who comes
 * while another process builds it waits, and has it then.
 */
export async function ensureConsole(): Promise<void> {
  if (isBuilt()) return;
  await inTurn(async () => {
    if (!isBuilt()) await buildAloud();
  });
}

async function buildAloud(): Promise<void> {
  const started = performance.now();
  process.stderr.write("building the console ...");
  try {
    await build();
  } finally {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stderr.write(` ${seconds} s\n`);
  }
}

/**
 * Makes sure that the folder is there, since the runtime reads it even when the console is not built,
 * and that it has the gateway's description of itself, which is served from it.
 */
export function ensureConsoleFolder(folder = consoleDist): void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "openapi.json");
  // Without its spaces, which are a third of it.
  const text = JSON.stringify(JSON.parse(readFileSync(descriptionFile, "utf8")));
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  // Put there at once: another process may be reading it.
  const fresh = path.join(root, "dist", `openapi-${process.pid}.json`);
  writeFileSync(fresh, text);
  renameSync(fresh, file);
}
