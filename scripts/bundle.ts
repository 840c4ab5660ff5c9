/**
 * One Worker entry as one ES module, and beside it whatever the code imports that is not code (wasm,
 * binary weights, text), by the kinds that the runtime knows. What is deployed, what runs on this
 * machine and what is measured are all made here; wrangler bundles nothing.
 */
import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import path from "node:path";
import { loadEsbuild, root } from "./from-wrangler.ts";

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
    found: (asked: Resolving) => Promise<{ path: string; external: true }>,
  ): void;
  onLoad(filter: { filter: RegExp }, load: () => { contents: string }): void;
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
 * Leaves out what zod carries to turn schemas into JSON Schema: scripts do that, the Worker does not,
 * and every schema would hold on to it.
 */
const withoutJsonSchema = {
  name: "without-json-schema",
  setup(build: Plugging): void {
    const names = [
      "createToJSONSchemaMethod",
      "createStandardJSONSchemaMethod",
      "toJSONSchema",
      "JSONSchemaGenerator",
    ];
    const contents = [
      `const refuse = () => { throw new Error("JSON Schema is left out by scripts/bundle.ts"); };`,
      ...names.map(
        (name) => `export const ${name} = ${name.startsWith("create") ? "() => " : ""}refuse;`,
      ),
    ].join("\n");
    const filter =
      /[\\/]zod[\\/]v4[\\/]core[\\/](json-schema-processors|json-schema-generator|to-json-schema)\.js$/;
    build.onLoad({ filter }, () => ({ contents }));
  },
};

/** Code that says the same in fewer bytes: a thirtieth fewer, packed, than esbuild alone leaves. */
async function shrink(code: string): Promise<string> {
  // Loaded when it is asked for, because nothing that runs on this machine is shrunk.
  const { minify } = await import("@swc/core");
  // No limit of passes: it ends when nothing changes any more.
  const compress = { passes: 0 };
  return (await minify(code, { module: true, ecma: 2022, compress, mangle: true })).code;
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
  const built = await loadEsbuild().build({
    entryPoints: [entry],
    absWorkingDir: root,
    bundle: true,
    minify,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*"],
    alias: Object.fromEntries(names.map((name) => [name, `node:${name}`])),
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent",
    plugins: [besides(others), withoutJsonSchema],
  });
  const code = built.outputFiles[0]?.text ?? "";
  return [
    { type: "ESModule", path: "worker.js", contents: minify ? await shrink(code) : code },
    ...others,
  ];
}
