/** Ports on this machine: which are free, and the next one when the wanted one is not. */
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";

/** Whether `port` can be listened on at 127.0.0.1 now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}

/** A port that the system picks: free a moment ago. */
export async function anyFreePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/**
 * `wanted`, or the first free port of the hundred after it. Throws when all are taken.
 *
 * The wanted one gets a second look: a gateway that was just killed needs a moment to let go of it.
 */
export async function freePortFrom(wanted: number): Promise<number> {
  if (await isFree(wanted)) return wanted;
  await setTimeout(300);
  for (let port = wanted; port <= Math.min(wanted + 100, 65_535); port++) {
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${wanted} to ${wanted + 100} is free: name another with --port.`);
}
