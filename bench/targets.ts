/** What is measured: each target is an address, who calls it, and the process that pays. */
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { root } from "../scripts/from-wrangler.ts";
import { serveGateway } from "./gateway.ts";
import { startBifrost, startLitellm, startPortkey } from "./peers.ts";
import { serveWorker } from "./workerd.ts";
import type { Served } from "./workerd.ts";

export interface Target {
  name: string;
  port: number;
  path: string;
  /** Headers by caller; callers take turns. */
  callers: Record<string, string>[];
  /** The server's process; the upstream's own for `direct` is not counted. */
  pid: number | undefined;
}

export interface Targets {
  targets: Target[];
  /** Why a target is not there, by name. */
  skipped: Record<string, string>;
  stop(): Promise<void>;
}

export const allNames = [
  "direct",
  "bare",
  "floor",
  "floor-tmpfs",
  "tallygate-1",
  "tallygate-64",
  "tallygate-tmpfs-1",
  "tallygate-tmpfs-64",
  "portkey",
  "litellm",
  "bifrost",
  "actors",
] as const;

const chatPath = "/v1/chat/completions";
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const users = 64;

/** Where a target's files lie: the repository's disk. */
export const diskFolder = path.join(root, ".tallygate", "bench");

/** The system's memory disk, or the reason why there is none. */
function memoryFolder(): string {
  const folder = "/dev/shm";
  if (!existsSync(folder)) throw new Error("no /dev/shm on this system");
  accessSync(folder, constants.W_OK);
  return folder;
}

/** A target with one caller. */
const one = (name: string, served: Served, headers: Record<string, string>): Target[] => [
  { name, port: served.port, path: chatPath, callers: [headers], pid: served.pid },
];

/** Starts the wanted targets; one that does not start is skipped with its reason. */
export async function startTargets(options: {
  wanted: ReadonlySet<string>;
  upstreamPort: number;
  worker: string | undefined;
}): Promise<Targets> {
  const { wanted, upstreamPort } = options;
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`;
  const found: Target[] = [];
  const skipped: Record<string, string> = {};
  const servers: Served[] = [];

  const add = async (names: string[], start: () => Promise<Target[]>): Promise<void> => {
    const asked = names.filter((name) => wanted.has(name));
    if (asked.length === 0) return;
    try {
      found.push(...(await start()).filter((target) => wanted.has(target.name)));
    } catch (error) {
      for (const name of asked)
        skipped[name] = error instanceof Error ? error.message : String(error);
    }
  };
  const serve = async <S extends Served>(starting: Promise<S>): Promise<S> => {
    const served = await starting;
    servers.push(served);
    return served;
  };
  const gateway = (kind: string, folder: () => string) => async (): Promise<Target[]> => {
    const entry = options.worker === undefined ? {} : { entry: options.worker };
    const served = await serve(serveGateway({ folder: folder(), upstreamUrl, users, ...entry }));
    const callers = served.keys.map(bearer);
    const common = { port: served.port, path: chatPath, pid: served.pid };
    return [
      { name: `tallygate${kind}-1`, callers: callers.slice(0, 1), ...common },
      { name: `tallygate${kind}-64`, callers, ...common },
    ];
  };

  await add(["direct"], async () => [
    { name: "direct", port: upstreamPort, path: chatPath, callers: [{}], pid: undefined },
  ]);
  await add(["bare"], async () => {
    const entry = path.join(import.meta.dirname, "bare-worker.ts");
    const vars = { UPSTREAM: upstreamUrl };
    return one(
      "bare",
      await serve(serveWorker({ entry, vars, bindings: false, folder: diskFolder })),
      {},
    );
  });
  const floor = (name: string, folder: () => string) => async (): Promise<Target[]> => {
    const entry = path.join(import.meta.dirname, "floor-worker.ts");
    const vars = { UPSTREAM: upstreamUrl };
    return one(
      name,
      await serve(serveWorker({ entry, vars, bindings: true, folder: folder() })),
      {},
    );
  };
  await add(
    ["floor"],
    floor("floor", () => diskFolder),
  );
  await add(["floor-tmpfs"], floor("floor-tmpfs", memoryFolder));
  await add(
    ["tallygate-1", "tallygate-64"],
    gateway("", () => diskFolder),
  );
  await add(["tallygate-tmpfs-1", "tallygate-tmpfs-64"], gateway("-tmpfs", memoryFolder));
  await add(["portkey"], async () => {
    const headers = {
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `${upstreamUrl}/v1`,
    };
    return one("portkey", await serve(startPortkey()), { ...headers, ...bearer("dev-upstream") });
  });
  await add(["litellm"], async () => one("litellm", await serve(startLitellm(upstreamUrl)), {}));
  await add(["bifrost"], async () => one("bifrost", await serve(startBifrost(upstreamUrl)), {}));

  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((served) => served.stop()));
  };
  return { targets: found, skipped, stop };
}
