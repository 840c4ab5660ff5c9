/**
 * Ports for gateways of tests, of which many start and restart at the same time: each is one
 * process's own until that ends, and none is one that the system hands out by itself.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isFree } from "../../scripts/ports.ts";

/** Below the system's own range; a development upstream sits 10,000 above its gateway. */
const first = 11_000;
/** Who finds its port taken uses the one after it: that is nobody else's either. */
const apart = 4;
const count = 2_500;
const folder = path.join(tmpdir(), `tallygate-ports-${process.getuid?.() ?? 0}`);
const claims = new Set<string>();
process.once("exit", () => {
  for (const claim of claims) rmSync(claim, { force: true });
});

/** Whether the process that made this claim runs no more: it was killed, or it ends just now. */
function isStale(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return false;
  } catch {
    return true;
  }
}

/** Takes a port for this process, unless another that lives has it. */
function claim(port: number): boolean {
  const file = path.join(folder, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    claims.add(file);
    return true;
  } catch {
    if (isStale(file)) rmSync(file, { force: true });
    return false;
  }
}

/** A free port that no other test takes while this process lives. */
export async function claimPort(): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const start = Math.floor(Math.random() * count);
  for (let n = 0; n < count; n += 1) {
    const port = first + apart * ((start + n) % count);
    if (claim(port) && (await isFree(port))) return port;
  }
  throw new Error(`No port from ${first} to ${first + apart * count} is free.`);
}
