/**
 * One Worker entry as one ES module, and beside it large tables and whatever the code imports that is not
 * code (wasm, text), by the kinds that the runtime knows. What is deployed, what runs on this
 * machine and what is measured are all made here; wrangler bundles nothing.
 */
import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import path from "node:path";
import { type EsbuildResult, loadEsbuild, root } from "./from-wrangler.ts";
import { lateConstants } from "./late-constants.ts";
import { withLeanZod, withoutJsonSchema } from "./lean-modules.ts";
import { withLeanRe2 } from "./lean-re2.ts";
import { roomByRoom } from "./room-by-room.ts";
import { withoutUncalled } from "./uncalled-methods.ts";

/** The gateway. */
export const workerEntry = "src/edge/worker.ts";

export interface WorkerModule {
  type: "ESModule" | "CompiledWasm" | "Data" | "Text";
  /** The name by which the other modules import it. */
  path: string;
  contents: string | Uint8Array;
}

const kinds: Record<string, WorkerModule["type"]> = {
  ".wasm": "CompiledWasm",
  ".bin": "Data",
  ".txt": "Text",
  ".html": "Text",
  ".sql": "Text",
};

interface Resolving {
  path: string;
  resolveDir: string;
}
interface Plugging {
  onResolve(
    filter: { filter: RegExp },
    found: (asked: Resolving) => Promise<{ path: string; external: true } | undefined>,
  ): void;
}

/** Collects what is imported but is not code, and leaves the import for the runtime to resolve. */
const besides = (modules: WorkerModule[]): object => ({
  name: "besides",
  setup(build: Plugging): void {
    build.onResolve({ filter: /\.(wasm|bin|txt|html|sql)$/ }, async (asked) => {
      const file = asked.path.startsWith("#")
        ? path.join(root, "src", asked.path.slice(1))
        : path.resolve(asked.resolveDir, asked.path);
      const name = path.relative(root, file).replaceAll(/[^A-Za-z0-9.]+/g, "-");
      const type = kinds[path.extname(file)] ?? "Data";
      if (!modules.some((module) => module.path === name)) {
        const contents = type === "Text" ? await readFile(file, "utf8") : await readFile(file);
        modules.push({ type, path: name, contents });
      }
      return { path: `./${name}`, external: true };
    });
  },
});

/**
 * Tables of tens of kilobytes, each a module of its own beside the code: gzip gives what is nothing like
 * code its own codes there, and takes three kilobytes less for both.
 */
const tables = ["src/dlp/guard/weights.ts", "src/providers/price-data.ts"];

const tablesBeside = (modules: WorkerModule[], read = new Set<string>()): object => ({
  name: "tables-beside",
  setup(build: Plugging): void {
    build.onResolve({ filter: /\/(?:weights|price-data)\.ts$/ }, async (asked) => {
      const file = asked.path.startsWith("#")
        ? path.join(root, "src", asked.path.slice(1))
        : path.resolve(asked.resolveDir, asked.path);
      const table = path.relative(root, file);
      if (!tables.includes(table)) return undefined;
      const name = `${path.basename(table, ".ts")}.js`;
      if (!read.has(name)) {
        read.add(name);
        const text = await readFile(file, "utf8");
        const options = { loader: "ts", minify: true, format: "esm", target: "es2024" };
        const { code } = await loadEsbuild().transform(text, options);
        modules.push({ type: "ESModule", path: name, contents: code });
      }
      return { path: `./${name}`, external: true };
    });
  },
});

/** The file that each part of a bundle comes from, as esbuild notes it above the part. */
function filesOf(code: string): (at: number) => string {
  const notes = [...code.matchAll(/^\/\/ (\S+\.(?:[cm]?[jt]s|json))$/gm)];
  return (at) => notes.findLast((note) => note.index <= at)?.[1] ?? "";
}

/**
 * Packages whose methods go when nothing calls them. Not partyserver, whose methods are called from
 * other Workers' isolates, and not our own.
 */
const lean = /^node_modules\/(re2js|jose|hono|superjson|aws4fetch|zod)\//;

/** Where the functions stand whose values are worth the wait: schemas, detectors, providers, tables. */
const builders = new RegExp(
  [
    "^node_modules/(zod|jose)/",
    "^src/dlp/kit/",
    "^src/providers/(http-provider|openai-compatible|registry)[.]ts$",
    "^src/edge/pipeline/endpoint[.]ts$",
    "^src/edge/surface/(cohere|count|embeddings)[.]ts$",
    "^src/projections/(sums|out/told)[.]ts$",
  ].join("|"),
);

/** Code that does the same with less to read, and with schemas that are made when first asked for. */
async function shrink(code: string): Promise<string> {
  // Loaded when they are asked for, because nothing that runs on this machine is shrunk.
  const [{ minify }, vite] = await Promise.all([import("@swc/core"), import("vite")]);
  const packageAt = filesOf(code);
  const called = await withoutUncalled(code, (at) => lean.test(packageAt(at)));
  const fileAt = filesOf(called.code);
  const late = await lateConstants(called.code, {
    isBuilder: (at) => builders.test(fileAt(at)),
    mayWait: (at) => /^(node_modules\/(zod|jose)|src|client)\//.test(fileAt(at)),
  });
  const { code: first } = await loadEsbuild().transform(late.code, {
    minify: true,
    format: "esm",
    target: "es2024",
  });
  // Each of the three finds what the others leave. No limit of passes: swc ends when nothing changes.
  const module = { module: true, ecma: 2022 } as const;
  const second = await minify(first, { ...module, compress: { passes: 0 }, mangle: false });
  const third = await vite.minify("worker.js", second.code, {
    module: true,
    compress: { target: "es2024" },
    mangle: false,
  });
  if (third.errors.length > 0) throw new Error(third.errors.map((one) => one.message).join("\n"));
  // Names last, and by swc, whose names pack best. Letters of other scripts are escaped: packed they
  // are no larger so, and the runtime reads a text of bytes faster.
  const named = { compress: false, mangle: true, format: { asciiOnly: true } };
  return (await minify(third.code, { ...module, ...named })).code;
}

/**
 * Bundles `entry` for workerd. Nothing here reads the name of a function or class, so minifying drops
 * them all.
 *
 * @returns the modules, the entry first. Throws with esbuild's own message when the code does not build.
 */
export async function bundleWorker(entry: string, minify = false): Promise<WorkerModule[]> {
  const others: WorkerModule[] = [];
  const names = builtinModules.filter((name) => !name.startsWith("_") && !name.includes(":"));
  const options = {
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*"],
    alias: Object.fromEntries(names.map((name) => [name, `node:${name}`])),
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent",
    plugins: [besides(others), tablesBeside(others), withoutJsonSchema, withLeanZod, withLeanRe2],
  };
  const esbuild = loadEsbuild();
  const built = await esbuild.build({ ...options, entryPoints: [entry] });
  if (!minify) return [{ type: "ESModule", path: "worker.js", contents: textOf(built) }, ...others];
  const stdin = roomByRoom(entry, Object.keys(built.metafile?.inputs ?? {}));
  const contents = await shrink(textOf(await esbuild.build({ ...options, stdin })));
  return [{ type: "ESModule", path: "worker.js", contents }, ...others];
}

const textOf = ({ outputFiles }: EsbuildResult): string => outputFiles[0]?.text ?? "";
