/** What a start of a Worker does, counted and not timed. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { root } from "../../scripts/from-wrangler.ts";

/** What the runtime's own module gives. */
const runtime = "export class DurableObject {}\nexport class WorkerEntrypoint {}\n";

/** Imports the Worker in a Node of its own, whose engine counts every call exactly. */
const script = `import "node:crypto";
import { Session } from "node:inspector/promises";
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
await import("./worker.js");
const { result } = await session.post("Profiler.takePreciseCoverage");
const own = result.filter(({ url }) => /worker\\.js$/.test(url));
const counts = own.flatMap(({ functions }) => functions.map(({ ranges }) => ranges[0].count));
const calls = counts.reduce((sum, count) => sum + count, 0);
console.log(JSON.stringify({ calls, functions: counts.filter((count) => count > 0).length }));
`;

/**
 * Calls of functions while the modules of a Worker are read, and how many functions are called: those
 * are compiled at every start. The modules lie in a folder, `worker.js` first among them.
 */
export async function startCalls(worker: string): Promise<{ calls: number; functions: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), "tallygate-start-"));
  try {
    for (const name of readdirSync(worker)) {
      const code = readFileSync(path.join(worker, name), "utf8");
      writeFileSync(
        path.join(folder, name),
        code.replaceAll('"cloudflare:workers"', '"./runtime.js"'),
      );
    }
    writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(path.join(folder, "runtime.js"), runtime);
    writeFileSync(path.join(folder, "count.js"), script);
    const node = path.join(root, "node_modules/.bin/node");
    const { stdout } = await promisify(execFile)(node, ["count.js"], { cwd: folder });
    return JSON.parse(stdout) as { calls: number; functions: number };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
