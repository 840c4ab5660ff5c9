/**
 * Streams in `application/vnd.amazon.eventstream`, message by message. A message: its length, the
 * length of its headers (4 bytes each, big-endian), their CRC32, headers, payload, and the CRC32 of
 * all that. Source: docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html.
 */
import { WIRE_EVENT_CHARS_MAX } from "./limits.ts";
import type { WireEvent } from "./types.ts";
import { sseText } from "./wire.ts";

/** Prelude with its checksum, and the message's own checksum. */
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const OVERHEAD_BYTES = PRELUDE_BYTES + CRC_BYTES;

/** Header values by type: bytes of those with a fixed size; 6 and 7 name their length. */
const VALUE_BYTES: readonly (number | undefined)[] = [
  0,
  0,
  1,
  2,
  4,
  8,
  undefined,
  undefined,
  8,
  16,
];
const STRING_TYPE = 7;

/** What each byte does to a checksum; made with the first one, which most isolates never ask for. */
let crcTable: Uint32Array | undefined;

function makeCrcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
}

/** CRC32 as gzip has it. */
function crc32(bytes: Uint8Array): number {
  const table = (crcTable ??= makeCrcTable());
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A reader of one stream. What cannot be read ends it with an event that no dialect can read. */
export function openAwsEvents(): { push(chunk: Uint8Array): WireEvent[] } {
  let held: Uint8Array = new Uint8Array();
  let isBroken = false;

  function next(): WireEvent | undefined {
    if (held.length < PRELUDE_BYTES) return undefined;
    const view = new DataView(held.buffer, held.byteOffset, held.length);
    const total = view.getUint32(0);
    const headers = view.getUint32(4);
    const isPrelude = crc32(held.subarray(0, 8)) === view.getUint32(8);
    if (!isPrelude || total > WIRE_EVENT_CHARS_MAX || total < headers + OVERHEAD_BYTES) {
      return broken();
    }
    if (held.length < total) return undefined;
    const message = held.subarray(0, total);
    held = held.subarray(total);
    if (crc32(message.subarray(0, -CRC_BYTES)) !== view.getUint32(total - CRC_BYTES)) {
      return broken();
    }
    const fields = readHeaders(message.subarray(PRELUDE_BYTES, PRELUDE_BYTES + headers));
    if (fields === undefined) return broken();
    return eventOf(fields, message.subarray(PRELUDE_BYTES + headers, -CRC_BYTES));
  }

  function broken(): WireEvent {
    isBroken = true;
    const data = "a message of the stream is damaged";
    return { raw: sseText(data, "damaged"), event: "damaged", data };
  }

  return {
    push(chunk) {
      const events: WireEvent[] = [];
      if (isBroken) return events;
      held = held.length === 0 ? chunk : joined(held, chunk);
      for (let event = next(); event !== undefined; event = isBroken ? undefined : next()) {
        events.push(event);
      }
      return events;
    },
  };
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}

/** The headers that are text, by name; `undefined` when they do not add up. */
function readHeaders(bytes: Uint8Array): Map<string, string> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const decoder = new TextDecoder();
  const fields = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    const type = bytes[nameEnd];
    const valueAt = nameEnd + 1;
    if (type === undefined || type >= VALUE_BYTES.length) return undefined;
    const fixed = VALUE_BYTES[type];
    if (fixed === undefined && valueAt + 2 > bytes.length) return undefined;
    const start = fixed === undefined ? valueAt + 2 : valueAt;
    const end = start + (fixed ?? view.getUint16(valueAt));
    if (end > bytes.length) return undefined;
    if (type === STRING_TYPE) {
      const name = decoder.decode(bytes.subarray(at + 1, nameEnd));
      fields.set(name, decoder.decode(bytes.subarray(start, end)));
    }
    at = end;
  }
  return fields;
}

/** A message as the server-sent event that it would be; exceptions are events of their own name. */
function eventOf(fields: ReadonlyMap<string, string>, payload: Uint8Array): WireEvent {
  if (fields.get(":message-type") === "error") {
    const code = fields.get(":error-code") ?? "error";
    const data = JSON.stringify({ code, message: fields.get(":error-message") ?? code });
    return { raw: sseText(data, "error"), event: "error", data };
  }
  const event = fields.get(":event-type") ?? fields.get(":exception-type") ?? "message";
  const data = new TextDecoder().decode(payload);
  return { raw: sseText(data, event), event, data };
}
