/** Runs the command line as a process of its own, with a terminal's worth of what it said. */
import { spawn } from "node:child_process";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** `npx tallygate <args>` in an environment that knows no gateway but the given one. */
export function tallygate(
  args: readonly string[],
  env: Record<string, string> = {},
  input = "",
): Promise<Outcome> {
  const node = path.join(root, "node_modules/.bin/node");
  const child = spawn(node, [path.join(root, "scripts/cli/main.ts"), ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
  });
  const outcome: Outcome = { code: null, out: "", err: "" };
  child.stdout.on("data", (data) => (outcome.out += String(data)));
  child.stderr.on("data", (data) => (outcome.err += String(data)));
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ ...outcome, code }));
  });
}
