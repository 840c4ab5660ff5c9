/** Builds the client library: one module a file, so that whoever bundles it drops what is not used. */
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { root } from "./from-wrangler.ts";

export const clientFolder = path.join(root, "client");

/** Compiles client/src into client/dist; throws with the compiler's own words. */
export async function buildClient(): Promise<void> {
  await rm(path.join(clientFolder, "dist"), { recursive: true, force: true });
  const tsc = path.join(root, "node_modules/.bin/tsc");
  await promisify(execFile)(tsc, ["-p", clientFolder]).catch((error: { stdout?: string }) => {
    throw new Error(`the client does not compile:\n${error.stdout ?? ""}`, { cause: error });
  });
}

if (import.meta.main) await buildClient();
