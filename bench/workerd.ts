/** Workers in workerd as `workerd serve` runs it: a generated configuration, no proxy in front. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bundleWorker } from "../scripts/bundle.ts";
import type { WorkerModule } from "../scripts/bundle.ts";
import { loadWrangler, root, workerdPath } from "../scripts/from-wrangler.ts";
import { anyFreePort } from "../scripts/ports.ts";

export interface Served {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

export interface Serving {
  entry: string;
  /** Texts that the Worker finds in its environment. */
  vars: Record<string, string>;
  /** Whether the Worker gets the actors and stores of wrangler.toml, and where its files lie. */
  bindings: boolean;
  folder: string;
}

interface FromToml {
  compatibilityDate: string;
  compatibilityFlags: string[];
  kvNamespaces: Record<string, unknown>;
  r2Buckets: Record<string, unknown>;
  durableObjects: Record<string, { className: string }>;
}

const quote = (text: string): string => JSON.stringify(text);
/** What workerd calls the kinds of modules. */
export const kinds: Record<WorkerModule["type"], string> = {
  ESModule: "esModule",
  CompiledWasm: "wasm",
  Data: "data",
  Text: "text",
};

/** What wrangler.toml says of the Worker. */
export const fromToml = (): FromToml =>
  loadWrangler().unstable_getMiniflareWorkerOptions(path.join(root, "wrangler.toml"))
    .workerOptions as unknown as FromToml;

/** The Worker's part of the configuration; its modules are written beside it. */
function describeWorker(
  folder: string,
  modules: WorkerModule[],
  toml: FromToml,
  lines: string[],
): string {
  const embedded = modules.map((module) => {
    writeFileSync(path.join(folder, module.path), module.contents);
    return `(name = ${quote(module.path)}, ${kinds[module.type]} = embed ${quote(module.path)})`;
  });
  const flags = toml.compatibilityFlags.map(quote).join(", ");
  return `(modules = [${embedded.join(", ")}],
  compatibilityDate = ${quote(toml.compatibilityDate)}, compatibilityFlags = [${flags}],
  ${lines.join(",\n  ")})`;
}

async function writeConfig(serving: Serving, port: number): Promise<string> {
  const { folder, vars } = serving;
  const toml = fromToml();
  const actors = serving.bindings ? toml.durableObjects : {};
  const stores = serving.bindings
    ? [
        ...Object.keys(toml.kvNamespaces).map(
          (name) => `(name = ${quote(name)}, kvNamespace = "storage")`,
        ),
        ...Object.keys(toml.r2Buckets).map(
          (name) => `(name = ${quote(name)}, r2Bucket = "storage")`,
        ),
      ]
    : [];
  const bindings = [
    ...Object.entries(vars).map(([name, text]) => `(name = ${quote(name)}, text = ${quote(text)})`),
    ...Object.entries(actors).map(
      ([name, { className }]) =>
        `(name = ${quote(name)}, durableObjectNamespace = ${quote(className)})`,
    ),
    ...stores,
  ];
  const namespaces = Object.values(actors).map(
    ({ className }) =>
      `(className = ${quote(className)}, uniqueKey = ${quote(className)}, enableSql = true)`,
  );
  const main = describeWorker(folder, await bundleWorker(serving.entry), toml, [
    `bindings = [${bindings.join(", ")}]`,
    ...(namespaces.length > 0
      ? [
          `durableObjectNamespaces = [${namespaces.join(", ")}]`,
          `durableObjectStorage = (localDisk = "disk")`,
        ]
      : []),
  ]);
  const storageModules = await bundleWorker(path.join(import.meta.dirname, "storage-worker.ts"));
  const renamed = storageModules.map((module) => ({ ...module, path: `storage-${module.path}` }));
  const storage = describeWorker(folder, renamed, toml, ["bindings = []"]);
  mkdirSync(path.join(folder, "actors"), { recursive: true });
  const file = path.join(folder, "serve.capnp");
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const main :Workerd.Worker = ${main};
const storage :Workerd.Worker = ${storage};
const config :Workerd.Config = (services = [
  (name = "main", worker = .main), (name = "storage", worker = .storage),
  (name = "disk", disk = (path = ${quote(path.join(folder, "actors"))}, writable = true)),
  (name = "internet", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
`,
  );
  return file;
}

/** Waits until something answers at the port. */
async function answers(port: number, failed: () => string | undefined): Promise<void> {
  for (let look = 0; look < 200; look++) {
    const reason = failed();
    if (reason !== undefined) throw new Error(reason);
    try {
      await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1000) });
      return;
    } catch {
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
  }
  throw new Error(`nothing answered at port ${port} within 10 s`);
}

/** Starts a program that serves HTTP at `port`, and waits until it does. */
export async function startServer(
  file: string,
  args: readonly string[],
  port: number,
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Served> {
  const child = spawn(file, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  let ended = false;
  child.stderr.on("data", (data) => (said = (said + String(data)).slice(-4000)));
  child.once("error", (error) => {
    said += error.message;
    ended = true;
  });
  const end = new Promise<void>((resolve) => {
    child.once("close", () => {
      ended = true;
      resolve();
    });
  });
  const atExit = (): void => void child.kill("SIGKILL");
  process.once("exit", atExit);
  const stop = async (): Promise<void> => {
    process.off("exit", atExit);
    child.kill("SIGKILL");
    if (!ended) await end;
  };
  try {
    await answers(port, () => (ended ? `${path.basename(file)} ended: ${said.trim()}` : undefined));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, pid: child.pid ?? 0, stop };
}

/** Bundles and serves a Worker; its files lie in a new folder of `serving.folder` until it stops. */
export async function serveWorker(serving: Serving): Promise<Served> {
  mkdirSync(serving.folder, { recursive: true });
  const folder = mkdtempSync(path.join(serving.folder, "tallygate-bench-"));
  const port = await anyFreePort();
  const config = await writeConfig({ ...serving, folder }, port);
  const served = await startServer(workerdPath(), ["serve", config], port);
  return {
    ...served,
    async stop() {
      await served.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
