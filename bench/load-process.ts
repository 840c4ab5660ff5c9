/**
 * The load: closed loops over keep-alive connections on raw sockets; every answer is looked at.
 *
 * One job a message, one result an answer. Times are microseconds.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { isAnswer, isStreamAnswer, question } from "./exchange.ts";
import { readMessage } from "./http-frames.ts";
import type { Job, LoadResult, StreamResult } from "./load.ts";

const nowUs = (): number => Number(process.hrtime.bigint()) / 1000;

/** The request's bytes, one for each set of headers: callers take turns. */
function requests(job: Job): Buffer[] {
  const body = question(job.kind === "stream");
  return job.callers.map((headers) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.from(
      `POST ${job.path} HTTP/1.1\r\nHost: 127.0.0.1:${job.port}\r\nContent-Type: application/json\r\n${lines.join("")}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });

/** What is wrong with an answer, if anything. */
const fault = (head: string, body: Buffer): string | undefined =>
  head.startsWith("HTTP/1.1 200") && isAnswer(body)
    ? undefined
    : `${head.split("\r\n")[0]}: ${body.toString("utf8", 0, 300)}`;

/** Asks as soon as the last answer is in, until `until`. */
async function loop(
  job: Job,
  bytes: readonly Buffer[],
  first: number,
  until: number,
  found: { times: number[]; wrong: string | undefined },
): Promise<void> {
  const socket = await open(job.port);
  await new Promise<void>((resolve) => {
    let next = first;
    let asked = 0;
    let pending: Buffer = Buffer.alloc(0);
    const end = (wrong?: string): void => {
      found.wrong ??= wrong;
      socket.destroy();
      resolve();
    };
    const ask = (): void => {
      asked = nowUs();
      socket.write(bytes[next % bytes.length] ?? "");
      next += job.connections;
    };
    socket.on("data", (data: Buffer) => {
      pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
      const message = readMessage(pending);
      if (!message) return;
      const at = nowUs();
      found.times.push(at - asked);
      pending = pending.subarray(message.size);
      const wrong = fault(message.head, message.body);
      if (wrong !== undefined || found.wrong !== undefined || at > until) end(wrong);
      else ask();
    });
    socket.once("error", (error) => end(error.message));
    socket.once("close", () => end(found.wrong ?? (nowUs() < until ? "closed early" : undefined)));
    ask();
  });
}

async function load(job: Job): Promise<LoadResult> {
  const bytes = requests(job);
  const found: { times: number[]; wrong: string | undefined } = { times: [], wrong: undefined };
  const started = nowUs();
  const until = started + job.seconds * 1e6;
  const loops = Array.from({ length: job.connections }, (_, n) =>
    loop(job, bytes, n, until, found),
  );
  await Promise.all(loops);
  const seconds = (nowUs() - started) / 1e6;
  const sorted = found.times.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    rps: sorted.length / seconds,
    p50Us: sorted[sorted.length >> 1] ?? Number.NaN,
    ...(found.wrong === undefined ? {} : { wrong: found.wrong }),
  };
}

/** One stream: when each piece of the body came, and whether it was all there. */
async function stream(job: Job, bytes: Buffer): Promise<StreamResult> {
  const socket = await open(job.port);
  const asked = nowUs();
  const arrivals: number[] = [];
  let whole: Buffer = Buffer.alloc(0);
  const wrong = await new Promise<string | undefined>((resolve) => {
    socket.once("error", (error) => resolve(error.message));
    socket.once("close", () => resolve("closed early"));
    socket.on("data", (data: Buffer) => {
      whole = Buffer.concat([whole, data]);
      const pieces = whole.toString("latin1").split("data: ").length - 1;
      while (arrivals.length < pieces) arrivals.push(nowUs());
      const message = readMessage(whole);
      if (!message) return;
      const fine =
        message.head.startsWith("HTTP/1.1 200") && isStreamAnswer(message.body.toString());
      resolve(
        fine
          ? undefined
          : `${message.head.split("\r\n")[0]}: ${message.body.toString("utf8", 0, 300)}`,
      );
    });
    socket.write(bytes);
  });
  socket.destroy();
  const gaps = arrivals.slice(1).map((at, n) => at - (arrivals[n] ?? at));
  gaps.sort((a, b) => a - b);
  return {
    firstByteUs: (arrivals[0] ?? Number.NaN) - asked,
    gapUs: gaps[gaps.length >> 1] ?? Number.NaN,
    ...(wrong === undefined ? {} : { wrong }),
  };
}

process.on("message", (job: Job) => {
  const [first] = requests(job);
  const done = job.kind === "stream" ? stream(job, first ?? Buffer.alloc(0)) : load(job);
  done.then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ wrong: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
