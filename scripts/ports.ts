/** Ports on this machine: which are free, the next one when the wanted one is not, and one that is held. */
import { createServer, type Server } from "node:net";
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

const anyFirst = 11_000;
const anyCount = 21_000;

/**
 * A port that was free a moment ago, below those that the system hands out by itself: no outgoing
 * connection gets it before it is used.
 */
export async function anyFreePort(): Promise<number> {
  for (let tries = 0; tries < 1_000; tries++) {
    const port = anyFirst + Math.floor(Math.random() * anyCount);
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${anyFirst} to ${anyFirst + anyCount} is free.`);
}

/** A port that nobody else can have until it is let go. */
export interface HeldPort {
  port: number;
  release(): Promise<void>;
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

/** Listens at `port` and hangs up on whoever calls; `undefined` when somebody else listens there. */
async function hold(port: number): Promise<HeldPort | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () =>
      resolve({ port, release: () => closed(server) }),
    );
  });
}

/** As `freePortFrom`, held until what is to listen there is ready to. */
export async function holdPortFrom(wanted: number): Promise<HeldPort> {
  for (;;) {
    const held = await hold(wanted === 0 ? await anyFreePort() : await freePortFrom(wanted));
    if (held !== undefined) return held;
  }
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
