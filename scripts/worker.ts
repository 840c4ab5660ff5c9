/**
 * Writes the Worker as it is deployed into `dist/worker`, where wrangler.toml's `main` looks for it, and
 * its description of itself beside the console's files.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { bundleWorker, workerEntry } from "./bundle.ts";
import { ensureConsoleFolder } from "./console-build.ts";
import { root } from "./from-wrangler.ts";

ensureConsoleFolder();
const folder = path.join(root, "dist/worker");
const modules = await bundleWorker(workerEntry, true);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
for (const { path: name, contents } of modules) await writeFile(path.join(folder, name), contents);
