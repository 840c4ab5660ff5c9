/**
 * Keeps the Worker of some version for `test/golden/worker`, so that later ones can be mixed with it:
 * run it in the folder of that version, `node <this file> <out.json.gz>`.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

/** One module of a kept Worker; the first is its entry. */
export interface KeptModule {
  type: "ESModule" | "CompiledWasm" | "Data" | "Text";
  path: string;
  /** Its text, or base64 of its bytes where it has none. */
  contents: string;
}

interface Bundler {
  bundleWorker: (
    entry: string,
    minify: boolean,
  ) => Promise<(Omit<KeptModule, "contents"> & { contents: string | Uint8Array })[]>;
}

if (import.meta.main) {
  const { bundleWorker } = (await import(
    pathToFileURL(path.resolve("scripts/bundle.ts")).href
  )) as Bundler;
  const modules: KeptModule[] = (await bundleWorker("src/edge/worker.ts", true)).map((module) => ({
    ...module,
    contents:
      typeof module.contents === "string"
        ? module.contents
        : Buffer.from(module.contents).toString("base64"),
  }));
  writeFileSync(process.argv[2] ?? "", gzipSync(JSON.stringify(modules), { level: 9 }));
}
