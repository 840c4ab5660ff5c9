/** A collector over real HTTP that does what a test tells it, and notes what it was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface Delivery {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface ScriptedSink {
  url: string;
  /** Everything that came, also what was not taken. */
  seen: Delivery[];
  /** What the next ones get; 200 by default. */
  script: (delivery: Delivery, response: ServerResponse) => void;
  stop(): Promise<void>;
}

export const answer = (status: number, headers: Record<string, string> = {}) =>
  function script(_delivery: Delivery, response: ServerResponse): void {
    response.writeHead(status, headers);
    response.end();
  };

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

export async function startScriptedSink(): Promise<ScriptedSink> {
  const sockets = new Set<Socket>();
  const sink: ScriptedSink = {
    url: "",
    seen: [],
    script: answer(200),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const headers = request.headers as Record<string, string>;
      const delivery = { method: request.method ?? "", path: request.url ?? "", headers, body };
      sink.seen.push(delivery);
      sink.script(delivery, response);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  sink.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return sink;
}
