/** The bench's own HTTP: it must neither invent an answer nor miss the end of one. */
import { expect, test } from "vitest";
import { isAnswer, isStreamAnswer, chunks, completion } from "../../bench/exchange.ts";
import { readMessage } from "../../bench/http-frames.ts";

const whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const inChunks =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=1\r\nlo\r\n0\r\n\r\n";
const empty = "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n";

test.each([
  ["a length", whole, "hello"],
  ["chunks", inChunks, "hello"],
  ["no body", empty, ""],
])("a message with %s ends where it ends, and not before", (_, text, body) => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at++)
    expect(readMessage(bytes.subarray(0, at))).toBeUndefined();
  const message = readMessage(Buffer.concat([bytes, Buffer.from("HTTP/1.1 ")]));
  expect(message?.body.toString()).toBe(body);
  expect(message?.size).toBe(bytes.length);
});

test("the answer is known again, encoded anew or not, and nothing else is taken for it", () => {
  expect(isAnswer(Buffer.from(completion))).toBe(true);
  expect(isAnswer(Buffer.from(JSON.stringify(JSON.parse(completion), null, 2)))).toBe(true);
  expect(isAnswer(Buffer.from('{"error":"no"}'))).toBe(false);
  expect(isAnswer(Buffer.from(completion.replace("fox", "cat")))).toBe(false);
});

test("a stream is whole when every word came, in order, and the end", () => {
  expect(isStreamAnswer(chunks.join(""))).toBe(true);
  expect(isStreamAnswer(chunks.slice(0, -1).join(""))).toBe(false);
  expect(isStreamAnswer(chunks.toSpliced(3, 1).join(""))).toBe(false);
  expect(isStreamAnswer([chunks[1], chunks[0], ...chunks.slice(2)].join(""))).toBe(false);
});
