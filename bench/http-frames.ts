/**
 * Just enough HTTP/1.1 to time it: where a message's head ends, and where its body does.
 *
 * Node's own client and server cost several times what is measured here, so sockets are read raw.
 */
const blankLine = Buffer.from("\r\n\r\n");

export interface Message {
  /** Status line or request line, and headers. */
  head: string;
  /** The body without chunk framing. */
  body: Buffer;
  /** Bytes of the buffer that this message took. */
  size: number;
}

/** The body of a chunked message that starts at `from`, or `undefined` while it is incomplete. */
function chunked(buffer: Buffer, from: number): { body: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  let at = from;
  for (;;) {
    const line = buffer.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(buffer.toString("latin1", at, line), 16);
    const start = line + 2;
    if (buffer.length < start + size + 2) return undefined;
    if (size === 0) return { body: Buffer.concat(parts), end: start + 2 };
    parts.push(buffer.subarray(start, start + size));
    at = start + size + 2;
  }
}

/** The first whole message of `buffer`, or `undefined` while it is incomplete. */
export function readMessage(buffer: Buffer): Message | undefined {
  const headEnd = buffer.indexOf(blankLine);
  if (headEnd < 0) return undefined;
  const head = buffer.toString("latin1", 0, headEnd);
  const from = headEnd + 4;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length) {
    const end = from + Number(length[1]);
    return buffer.length < end ? undefined : { head, body: buffer.subarray(from, end), size: end };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) {
    return { head, body: Buffer.alloc(0), size: from };
  }
  const whole = chunked(buffer, from);
  return whole && { head, body: whole.body, size: whole.end };
}
