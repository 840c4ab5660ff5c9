/** The load generator and the upstream, as the bench's main process sees them. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import path from "node:path";

export interface Job {
  kind: "load" | "stream";
  port: number;
  path: string;
  /** Headers by caller; callers take turns. */
  callers: readonly Record<string, string>[];
  connections: number;
  seconds: number;
}

export interface LoadResult {
  count: number;
  rps: number;
  p50Us: number;
  /** The first answer that was not the expected one: then no figure counts. */
  wrong?: string;
}

export interface StreamResult {
  firstByteUs: number;
  gapUs: number;
  wrong?: string;
}

const start = (file: string): ChildProcess => fork(path.join(import.meta.dirname, file));

const nextMessage = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`a bench process ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message as T);
    });
  });

/** Starts the upstream and answers its port. */
export async function startMock(): Promise<{ port: number; stop(): void }> {
  const child = start("mock-process.ts");
  const { port } = await nextMessage<{ port: number }>(child);
  return { port, stop: () => void child.kill() };
}

export interface LoadGenerator {
  load(job: Omit<Job, "kind">): Promise<LoadResult>;
  stream(job: Omit<Job, "kind" | "connections" | "seconds">): Promise<StreamResult>;
  stop(): void;
}

/** Starts the load generator: one job at a time. */
export function startLoad(): LoadGenerator {
  const child = start("load-process.ts");
  const run = <T>(job: Job): Promise<T> => {
    child.send(job);
    return nextMessage<T>(child);
  };
  return {
    load: (job) => run({ kind: "load", ...job }),
    stream: (job) => run({ kind: "stream", connections: 1, seconds: 0, ...job }),
    stop: () => void child.kill(),
  };
}
