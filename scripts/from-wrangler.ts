/**
 * The very copies of miniflare, workerd and esbuild that wrangler brings: one version of each,
 * pinned by wrangler's own, without naming them a second time in package.json.
 */
import { createRequire, enableCompileCache } from "node:module";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..");

// wrangler is ten megabytes of code: compiled once, a start takes a third less.
enableCompileCache(path.join(root, ".tallygate", "compiled"));

const here = createRequire(import.meta.url);
const inWrangler = createRequire(here.resolve("wrangler"));

export interface EsbuildResult {
  outputFiles: { text: string }[];
  /** The files that went into it, by their paths below the folder that it was built in. */
  metafile?: { inputs: Record<string, unknown> };
}

/** The part of esbuild that is used here. */
export interface Esbuild {
  build(options: Record<string, unknown>): Promise<EsbuildResult>;
  transform(code: string, options: Record<string, unknown>): Promise<{ code: string }>;
}

/** The part of Miniflare that is used here; options go through its own converter and its schema. */
export interface MiniflareModule {
  Miniflare: new (options: object) => { ready: Promise<URL>; dispose(): Promise<void> };
  NoOpLog: new () => object;
  convertV4MiniflareOptions: (options: object) => object;
}

/** The part of wrangler that is used here. */
export interface WranglerModule {
  unstable_getMiniflareWorkerOptions(config: string): { workerOptions: Record<string, unknown> };
}

export const loadEsbuild = (): Esbuild => inWrangler("esbuild") as Esbuild;
export const loadMiniflare = (): MiniflareModule => inWrangler("miniflare") as MiniflareModule;

/** Loads wrangler as a library, with what it would say or send on its own switched off. */
export function loadWrangler(): WranglerModule {
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  process.env.WRANGLER_SEND_METRICS = "false";
  process.env.WRANGLER_LOG ??= "error";
  return here("wrangler") as WranglerModule;
}

/** The path of the workerd binary that wrangler runs. */
export function workerdPath(): string {
  const inMiniflare = createRequire(inWrangler.resolve("miniflare"));
  return (inMiniflare("workerd") as { default: string }).default;
}
