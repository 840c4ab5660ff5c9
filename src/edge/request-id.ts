/** Request ids: UUIDv7 (RFC 9562, section 5.7), so that ids sort by the time they were made. */

/** Random bytes, drawn for many ids at once: each draw is a call into the runtime. */
const pool = new Uint8Array(1_024);
let used = pool.length;

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A new id at `at`, milliseconds. */
export function newRequestId(at: number): string {
  const time = at.toString(16).padStart(12, "0");
  const version = hex[0x70 | (random() & 0x0f)];
  const variant = hex[0x80 | (random() & 0x3f)];
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${bytes(1)}-${variant}${bytes(1)}-${bytes(6)}`;
}

function bytes(count: number): string {
  let text = "";
  for (let index = 0; index < count; index += 1) text += hex[random()];
  return text;
}

function random(): number {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const byte = pool[used] ?? 0;
  used += 1;
  return byte;
}
