/**
 * Builds what others install: the client library, one module a file, so that whoever bundles it drops
 * what is not used, and the command line in one piece with all it needs, so that nothing comes along.
 */
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { loadEsbuild, root } from "./from-wrangler.ts";

/** What `exports` of package.json points into. */
const clientDist = path.join(root, "dist/client");
/** Where `scripts/tallygate.mjs` finds the command line when there are no sources. */
const cliDist = path.join(root, "dist/cli");

/** Compiles client/src; throws with the compiler's own words. */
async function buildClient(): Promise<void> {
  await rm(clientDist, { recursive: true, force: true });
  const tsc = path.join(root, "node_modules/.bin/tsc");
  await promisify(execFile)(tsc, ["-p", path.join(root, "client")]).catch(
    (error: { stdout?: string }) => {
      throw new Error(`the client does not compile:\n${error.stdout ?? ""}`, { cause: error });
    },
  );
}

/** Bundles the command line, a module for each command that is loaded when it is called. */
async function buildCli(): Promise<void> {
  await rm(cliDist, { recursive: true, force: true });
  await buildForNode(
    ["main", "verify-thread", "replay-thread"].map((name) => `scripts/cli/${name}.ts`),
    cliDist,
  );
}

/** Bundles modules for Node, those that they load when needed apart, all in one folder. */
export async function buildForNode(entryPoints: readonly string[], outdir: string): Promise<void> {
  await loadEsbuild().build({
    entryPoints,
    entryNames: "[name]",
    absWorkingDir: root,
    outdir,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: "esm",
    platform: "node",
    target: `node${cliNodeMin}`,
    logLevel: "silent",
  });
}

/** The oldest Node with all that the command line uses (WebSocket, iterator helpers). */
const cliNodeMin = 22;

/** Builds both. */
export async function buildPackage(): Promise<void> {
  await Promise.all([buildClient(), buildCli()]);
}

if (import.meta.main) await buildPackage();
