/**
 * The upstream: one chat completion, the same each time, from a buffer; or the same as a paced stream.
 *
 * Raw sockets and ready bytes, so that it stays several times faster than anything that is measured.
 */
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { chunkGapMs, chunks, completion } from "./exchange.ts";
import { readMessage } from "./http-frames.ts";

const body = Buffer.from(completion);
const plain = Buffer.concat([
  Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  ),
  body,
]);
const streamHead = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
);
const streamChunks = chunks.map((text) => {
  const bytes = Buffer.from(text);
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
});
const streamEnd = Buffer.from("0\r\n\r\n");

function stream(socket: Socket): void {
  socket.write(streamHead);
  let next = 0;
  const timer = setInterval(() => {
    const chunk = streamChunks[next++];
    socket.write(chunk ?? streamEnd);
    if (!chunk || socket.destroyed) clearInterval(timer);
  }, chunkGapMs);
}

const server = createServer({ noDelay: true }, (socket) => {
  let pending: Buffer = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (data: Buffer) => {
    pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
    for (let message = readMessage(pending); message; message = readMessage(pending)) {
      pending = pending.subarray(message.size);
      if (message.body.includes('"stream":true')) stream(socket);
      else socket.write(plain);
      if (pending.length === 0) break;
    }
  });
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : 0 });
});
process.on("disconnect", () => process.exit(0));
