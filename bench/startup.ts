/**
 * What a start costs: CPU of a workerd from its process until the Worker's modules are evaluated and it
 * listens, no request sent, beside a workerd with an empty Worker, in turn. The Worker is the bundle as
 * it is deployed.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundleWorker, workerEntry, type WorkerModule } from "../scripts/bundle.ts";
import { workerdPath } from "../scripts/from-wrangler.ts";
import { describeMachine } from "./machine.ts";
import { differences, spreadOf } from "./stats.ts";
import { fromToml, kinds } from "./workerd.ts";

/** Milliseconds of CPU over an empty Worker. */
const targetMs = 50;

const empty: WorkerModule[] = [
  {
    type: "ESModule",
    path: "worker.js",
    contents: "export default { fetch() { return new Response() } };",
  },
];

/** Writes a configuration for `workerd serve`; answers its file. */
function configure(folder: string, name: string, modules: readonly WorkerModule[]): string {
  const embedded = modules.map(({ path: module, type, contents }) => {
    writeFileSync(path.join(folder, `${name}-${module}`), contents);
    return `(name = "${module}", ${kinds[type]} = embed "${name}-${module}")`;
  });
  const { compatibilityDate, compatibilityFlags } = fromToml();
  const file = path.join(folder, `${name}.capnp`);
  const text = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [${embedded.join(", ")}],
    compatibilityDate = "${compatibilityDate}",
    compatibilityFlags = ${JSON.stringify(compatibilityFlags)}))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
`;
  writeFileSync(file, text);
  return file;
}

/** CPU of all threads of a process until now, in milliseconds, to the microsecond. */
function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanos = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanos.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** One start, from nothing until it listens: by then the modules are evaluated. */
async function startMs(config: string): Promise<number> {
  const child = spawn(workerdPath(), ["serve", config, "--control-fd=3"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.stdio[3]?.once("data", () => resolve(cpuMs(child.pid ?? 0)));
      child.once("error", reject);
      child.once("exit", (code) =>
        reject(new Error(`workerd ended with ${code} before it listened`)),
      );
    });
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

const ms = (value: number): string => value.toFixed(1);

const rounds = Number(/--rounds[= ](\d+)/.exec(process.argv.join(" "))?.[1] ?? 15);
const folder = mkdtempSync(path.join(tmpdir(), "tallygate-startup-"));
try {
  const files = {
    empty: configure(folder, "empty", empty),
    gateway: configure(folder, "gateway", await bundleWorker(workerEntry, true)),
  };
  const taken = { empty: [] as number[], gateway: [] as number[] };
  // The first of each reads the binary from the disk.
  for (const file of Object.values(files)) await startMs(file);
  for (let round = 0; round < rounds; round++) {
    taken.empty.push(await startMs(files.empty));
    taken.gateway.push(await startMs(files.gateway));
  }
  const figures = {
    emptyMs: spreadOf(taken.empty),
    gatewayMs: spreadOf(taken.gateway),
    overEmptyMs: differences(taken.gateway, taken.empty),
  };
  const machine = describeMachine();
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ machine, rounds, startup: figures })}\n`);
  } else {
    const line = (name: string, { median, min, max }: typeof figures.emptyMs) =>
      `${name.padEnd(28)} ${ms(median)} ms (${ms(min)} to ${ms(max)})\n`;
    process.stdout.write(
      `CPU of a start, all threads, ${rounds} rounds in turn; load ${machine.load}, ${machine.workerd}\n` +
        line("an empty Worker", figures.emptyMs) +
        line("the gateway", figures.gatewayMs) +
        line(`over empty, target < ${targetMs}`, figures.overEmptyMs),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
