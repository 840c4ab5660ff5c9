/** What a request costs besides time: rows and fsyncs written, and memory for each live actor. */
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { serveGateway } from "./gateway.ts";
import type { LoadGenerator } from "./load.ts";
import { rssKb, untilIdle } from "./processes.ts";
import { diskFolder } from "./targets.ts";

export interface Books {
  /** SQLite rows written a request, the way to the ledger included. */
  rows?: number;
  fsyncsAlone?: number;
  fsyncsBusy?: number;
  /** Resident kilobytes for each actor that was touched. */
  rssPerActorKb?: number;
  /** Why a figure is missing, by name. */
  skipped: Record<string, string>;
}

const job = (gateway: { port: number; keys: string[] }, users: number) => ({
  port: gateway.port,
  path: "/v1/chat/completions",
  callers: gateway.keys.slice(0, users).map((key) => ({ authorization: `Bearer ${key}` })),
});

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

async function rowsPerRequest(upstreamUrl: string, generator: LoadGenerator): Promise<number> {
  const entry = path.join(import.meta.dirname, "rows-worker.ts");
  const gateway = await serveGateway({ folder: diskFolder, upstreamUrl, users: 1, entry });
  try {
    const read = async (): Promise<number> => {
      // The outbox sends to the ledger within two seconds.
      await pause(2500);
      await untilIdle(gateway.pid);
      const answer = await fetch(`http://127.0.0.1:${gateway.port}/__rows`);
      const { rows }: { rows: number } = await answer.json();
      return rows;
    };
    await generator.load({ ...job(gateway, 1), connections: 1, seconds: 0.3 });
    const before = await read();
    const { count, wrong } = await generator.load({
      ...job(gateway, 1),
      connections: 4,
      seconds: 1,
    });
    if (wrong !== undefined) throw new Error(wrong);
    return ((await read()) - before) / count;
  } finally {
    await gateway.stop();
  }
}

/** How many fsyncs `pid` makes while `work` runs, as strace sees them. */
async function countFsyncs<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ fsyncs: number; result: T }> {
  const folder = mkdtempSync(path.join(tmpdir(), "tallygate-strace-"));
  const file = path.join(folder, "calls");
  const args = ["-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", file, "-p", String(pid)];
  const tracer = spawn("strace", args, { stdio: "ignore" });
  const ended = new Promise((resolve) => {
    tracer.once("close", resolve);
  });
  await pause(500);
  const result = await work();
  tracer.kill("SIGINT");
  await ended;
  const fsyncs = readFileSync(file, "utf8").match(/\b(fsync|fdatasync)\(/g)?.length ?? 0;
  rmSync(folder, { recursive: true, force: true });
  return { fsyncs, result };
}

async function fsyncsPerRequest(
  gateway: { port: number; pid: number; keys: string[] },
  generator: LoadGenerator,
  connections: number,
): Promise<number> {
  const { fsyncs, result } = await countFsyncs(gateway.pid, () =>
    generator.load({ ...job(gateway, 1), connections, seconds: 1 }),
  );
  if (result.wrong !== undefined) throw new Error(result.wrong);
  return fsyncs / result.count;
}

/** Lets `users` users call in turns, for as long as each needs to be answered once. */
async function touch(
  gateway: { port: number; keys: string[] },
  users: number,
  generator: LoadGenerator,
): Promise<void> {
  const load = { connections: 16, seconds: 5 };
  const { count, wrong } = await generator.load({ ...job(gateway, users), ...load });
  if (wrong !== undefined) throw new Error(wrong);
  if (count < users) throw new Error(`only ${count} of ${users} users were answered in 5 s`);
}

/** How much larger the process is after many users called than after one called as often. */
async function rssPerActor(upstreamUrl: string, generator: LoadGenerator): Promise<number> {
  const users = 400;
  const gateway = await serveGateway({ folder: diskFolder, upstreamUrl, users });
  try {
    await touch(gateway, 1, generator);
    await untilIdle(gateway.pid);
    const before = rssKb(gateway.pid);
    await touch(gateway, users, generator);
    const after = rssKb(gateway.pid);
    if (before === undefined || after === undefined) {
      throw new Error("this system does not tell resident memory");
    }
    return (after - before) / (users - 1);
  } finally {
    await gateway.stop();
  }
}

const hasStrace = (): boolean => {
  try {
    execFileSync("strace", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Takes the figures; each that cannot be taken says why. */
export async function keepBooks(upstreamUrl: string, generator: LoadGenerator): Promise<Books> {
  const books: Books = { skipped: {} };
  const take = async (name: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      books.skipped[name] = error instanceof Error ? error.message : String(error);
    }
  };
  await take("rows", async () => {
    books.rows = await rowsPerRequest(upstreamUrl, generator);
  });
  await take("fsyncs", async () => {
    if (!hasStrace()) throw new Error("strace is not installed");
    const gateway = await serveGateway({ folder: diskFolder, upstreamUrl, users: 1 });
    try {
      books.fsyncsAlone = await fsyncsPerRequest(gateway, generator, 1);
      books.fsyncsBusy = await fsyncsPerRequest(gateway, generator, 16);
    } finally {
      await gateway.stop();
    }
  });
  await take("rss", async () => {
    books.rssPerActorKb = await rssPerActor(upstreamUrl, generator);
  });
  return books;
}
