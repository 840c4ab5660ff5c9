/**
 * What every command goes through first: the packages of the lockfile, and Node 24.
 *
 * Plain JavaScript without dependencies, because it runs before anything is installed, on whatever
 * Node >= 20 the machine has. Each thing that can be wrong is one line that says what to do.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const nodeMajorMin = 20;
const home = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** A problem that the person at the keyboard can mend; its message is the whole output. */
export class Unready extends Error {}

/** @param {string} version of Node, as `process.versions.node` has it */
export function assertNode(version) {
  if (Number.parseInt(version, 10) < nodeMajorMin) {
    throw new Unready(
      `Node ${version} is too old: install Node ${nodeMajorMin} or newer, then run this again.`,
    );
  }
}

/** @returns the parsed lockfile at `file`, or `undefined` when there is none */
function readLock(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new Unready(
      `${path.basename(file)} is not valid JSON: run \`git checkout ${path.basename(file)}\` and try again.`,
    );
  }
}

/**
 * Whether what is installed is what the lockfile says. Optional packages (other platforms' binaries)
 * may be absent; every other one must be there with the locked version and integrity.
 *
 * @param {string} root the folder that holds package.json
 */
export function isInstalled(root) {
  const wanted = readLock(path.join(root, "package-lock.json"));
  if (!wanted)
    throw new Unready("package-lock.json is missing: run `git checkout package-lock.json`.");
  let found;
  try {
    found = readLock(path.join(root, "node_modules", ".package-lock.json"));
  } catch {
    return false;
  }
  if (!found) return false;
  return Object.entries(wanted.packages ?? {}).every(([where, locked]) => {
    if (where === "" || locked.link) return true;
    const installed = found.packages?.[where];
    if (!installed) return Boolean(locked.optional || locked.devOptional || locked.peer);
    if (installed.version !== locked.version || installed.integrity !== locked.integrity)
      return false;
    return Boolean(locked.optional) || existsSync(path.join(root, where, "package.json"));
  });
}

/** What went wrong in `npm ci`, in one line, from its exit output. */
export function explainInstallFailure(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ERR_SOCKET/.test(output)) {
    return "npm cannot reach its registry: check the network or `npm config get registry`, then run this again.";
  }
  if (/EUSAGE|can only install packages when|not in sync|from lock file/.test(output)) {
    return "package-lock.json does not fit package.json: run `npm install` and commit the lockfile it writes.";
  }
  if (/EINTEGRITY/.test(output)) {
    return "a package differs from the lockfile's checksum: run `npm cache clean --force`, then run this again.";
  }
  if (/ENOSPC/.test(output)) return "the disk is full: free about 1 GB, then run this again.";
  if (/EACCES|EPERM/.test(output)) {
    return "npm may not write to node_modules: make this folder yours (`chown`), then run this again.";
  }
  const last =
    output
      .trim()
      .split("\n")
      .findLast((line) => line.trim() !== "") ?? "no output";
  return `\`npm ci\` failed: ${last}`;
}

/** How npm is started: by the very npm that runs us, when one does. */
function npm() {
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.[cm]?js$/.test(script))
    return { file: process.execPath, before: [script] };
  return { file: process.platform === "win32" ? "npm.cmd" : "npm", before: [] };
}

/** Runs `npm ci`, quietly, with one line on stderr that counts the seconds. */
async function install(root) {
  const started = Date.now();
  const text = () => `installing packages ... ${Math.round((Date.now() - started) / 1000)} s`;
  const line = process.stderr.isTTY;
  if (!line) process.stderr.write("installing packages ...\n");
  const ticker = setInterval(() => line && process.stderr.write(`\r${text()}`), 500);
  const { file, before } = npm();
  const child = spawn(file, [...before, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const code = await new Promise((resolve) => {
    child.on("error", (error) => {
      output += String(error.message);
      resolve(1);
    });
    child.on("close", resolve);
  });
  clearInterval(ticker);
  if (line) process.stderr.write(`\r${" ".repeat(40)}\r`);
  if (code !== 0) throw new Unready(explainInstallFailure(output));
}

/** The Node 24 that the `node` package brings, or this one when it is new enough. */
export function findNode(root, running = process.versions.node, execPath = process.execPath) {
  const shipped = path.join(
    root,
    "node_modules",
    "node",
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  if (existsSync(shipped)) return shipped;
  if (Number.parseInt(running, 10) >= 24) return execPath;
  throw new Unready(
    "Node 24's binary is missing because npm's install scripts were off: run `npm ci --ignore-scripts=false`, then run this again.",
  );
}

/** Installs what is missing and answers the Node 24 to run with. */
export async function ensureReady(root = home) {
  assertNode(process.versions.node);
  if (!isInstalled(root)) {
    await install(root);
    if (!isInstalled(root)) {
      throw new Unready(
        "node_modules still differs from package-lock.json: delete node_modules, then run this again.",
      );
    }
  }
  return findNode(root);
}

/**
 * npm passes a signal to the shell between it and us, and that shell dies of it without a word: so its
 * death is the word.
 */
function stopWithNpm(stop) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    stop();
  }, 250);
  look.unref();
}

/** Runs `args` under `node`, passes signals on, and ends as it ended. */
async function handOver(node, args) {
  const bin = path.join(home, "node_modules", ".bin");
  const child = spawn(node, args, {
    cwd: home,
    // The fourth is a channel that closes when this process dies, however it dies: the child sees it.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ""}` },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  stopWithNpm(() => child.kill("SIGTERM"));
  const { code, signal } = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  process.exitCode = signal ? 1 : code;
}

/** Prints an `Unready` as one line and exits 1; everything else is a fault of ours and is thrown. */
async function orExplain(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Unready)) throw error;
    process.stderr.write(`tallygate: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/**
 * The front door of one command: `scripts/<script>` under Node 24, with this command's arguments.
 *
 * @param {string} script a file of this folder
 */
export async function run(script) {
  await orExplain(async () => {
    const node = await ensureReady();
    await handOver(node, [path.join(home, "scripts", script), ...process.argv.slice(2)]);
  });
}

/** As `run`, for a program that a package brings: `bin` is its path inside node_modules. */
export async function runPackage(bin, args) {
  await orExplain(async () => {
    const node = await ensureReady();
    await handOver(node, [path.join(home, "node_modules", bin), ...args]);
  });
}
