/** A real gateway for tests: `npm start -- --json` as a child, its workerd and upstream with it. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { consoleLink } from "../../scripts/seed.ts";
import { readSecret, type Keys } from "../../scripts/state.ts";
import { claimPort } from "./ports.ts";

const root = path.resolve(import.meta.dirname, "../..");
const node = path.join(root, "node_modules/.bin/node");

export interface GatewayOptions {
  /** A folder to keep; a temporary one that `stop` deletes when absent. */
  state?: string;
  /** Any free one when absent. */
  port?: number;
  /** Variables for the Worker. */
  env?: Record<string, string>;
  /** Another policy than the starting one; `$UPSTREAM` stands for the upstream's address. */
  policy?: unknown;
  /** Another Worker entry than the gateway's. */
  worker?: string;
  /** Whether the web console is built and served; most tests need not wait for that. */
  console?: boolean;
}

export interface TestGateway {
  url: string;
  upstream: string;
  keys: Keys;
  /** A one-time link into the console, when it was asked for. */
  console?: string;
  state: string;
  /** What it wrote to stderr so far. */
  complaints(): string;
  /** SIGKILL to everything it started, at once; its state stays. */
  kill(): Promise<void>;
  /** Asks it to stop, waits, and deletes a state that was temporary. */
  stop(): Promise<void>;
}

/** Signals the child's whole process group; `false` when nothing of it is left. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return child.pid !== undefined && process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/** Whether a process of the group runs: the dead that nobody has waited for yet do not count. */
function groupRuns(child: ChildProcess): boolean {
  if (!existsSync("/proc/self/stat")) return signalGroup(child, 0);
  return readdirSync("/proc").some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      // pid (name) state parent group ...; the name may hold anything, even parentheses.
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(group) === child.pid && state !== "Z" && state !== "X";
    } catch {
      return false;
    }
  });
}

/** Waits until no process of the group is left, so that its port and its files are free again. */
async function groupEnded(child: ChildProcess): Promise<void> {
  while (groupRuns(child)) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

// A test run that dies takes its gateways along.
const groups = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of groups) signalGroup(child, "SIGKILL");
});

/** The ready line, or an error with all that the child said when it ends without one. */
async function readyLine(child: ChildProcess, complaints: () => string): Promise<string> {
  if (!child.stdout) throw new Error("the gateway has no stdout");
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(`the gateway ended before it was ready: ${complaints()}`);
}

/** Starts a gateway and answers when it is ready. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const state = options.state ?? mkdtempSync(path.join(tmpdir(), "tallygate-"));
  const args = ["--json", "--no-dev-vars", "--state", state];
  if (!options.console) args.push("--no-console");
  args.push("--port", String(options.port ?? (await claimPort())));
  if (options.worker !== undefined) args.push("--worker", options.worker);
  if (options.policy !== undefined) {
    const file = path.join(state, "policy.json");
    writeFileSync(file, JSON.stringify(options.policy));
    args.push("--policy", file);
  }
  for (const [name, value] of Object.entries(options.env ?? {})) {
    args.push("--var", `${name}=${value}`);
  }
  const child = spawn(node, [path.join(root, "scripts/start.ts"), ...args], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  groups.add(child);
  let said = "";
  child.stderr.on("data", (data) => (said += String(data)));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    signalGroup(child, signal);
    await groupEnded(child);
    groups.delete(child);
  };
  try {
    const ready = JSON.parse(await readyLine(child, () => said)) as {
      url: string;
      upstream: string;
      keys: Keys;
    };
    return {
      ...ready,
      ...(options.console ? { console: await consoleLink(ready.url, readSecret(state)) } : {}),
      state,
      complaints: () => said,
      kill: () => end("SIGKILL"),
      async stop() {
        if (child.pid !== undefined && child.exitCode === null) child.kill("SIGTERM");
        await end("SIGTERM");
        if (options.state === undefined) rmSync(state, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await end("SIGKILL");
    if (options.state === undefined) rmSync(state, { recursive: true, force: true });
    throw error;
  }
}
