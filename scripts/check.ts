/** `npm run check`: one line a step, and the whole output of a step that fails. */
import { spawn } from "node:child_process";
import path from "node:path";
import { root } from "./from-wrangler.ts";
import { checkRooms } from "./rooms.ts";

interface Outcome {
  ok: boolean;
  output: string;
}

/** A program of node_modules/.bin. */
const program =
  (name: string, ...args: string[]) =>
  (): Promise<Outcome> =>
    new Promise((resolve) => {
      const file = path.join(root, "node_modules/.bin", name);
      const child = spawn(file, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (data) => (output += String(data)));
      }
      child.on("error", (error) => resolve({ ok: false, output: error.message }));
      child.on("close", (code) => resolve({ ok: code === 0, output }));
    });

async function rooms(): Promise<Outcome> {
  const { cruised, problems } = await checkRooms();
  return { ok: problems.length === 0, output: [...problems, `${cruised} modules`].join("\n") };
}

const steps: [name: string, run: () => Promise<Outcome>][] = [
  ["format", program("oxfmt", "--check")],
  ["lint", program("oxlint", "--type-aware", "--deny-warnings")],
  ["types", program("tsc", "-p", ".")],
  ["types of the console", program("tsc", "-p", "console")],
  ["rooms", rooms],
  ["dead code", program("knip", "--no-progress")],
];

let failed = 0;
for (const [name, run] of steps) {
  const started = performance.now();
  const { ok, output } = await run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  if (!ok) {
    failed += 1;
    console.log(output.trim().replaceAll(/^/gm, "     "));
  }
}
console.log(`check: ${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
