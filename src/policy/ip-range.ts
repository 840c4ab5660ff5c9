/**
 * Addresses and ranges of them (RFC 4632, RFC 4291), compiled once and asked on every request. An IPv4
 * address inside an IPv6 one (`::ffff:10.0.0.1`) is the IPv4 address.
 */

/** The 4 or 16 bytes of an address. */
type Bytes = readonly number[];

interface IpRange {
  bytes: Bytes;
  /** Bits that must agree. */
  bits: number;
}

/** Whether a text is an address, or a range as in `10.0.0.0/8`. */
export function isIpRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** A test of addresses against a list of ranges; what is no range holds nothing. */
export function compileIpRanges(ranges: readonly string[]): (address: string) => boolean {
  const compiled = ranges.map(parseRange).filter((range) => range !== undefined);
  return (address) => {
    const bytes = parseAddress(address);
    return bytes !== undefined && compiled.some((range) => holds(range, bytes));
  };
}

function holds({ bytes, bits }: IpRange, address: Bytes): boolean {
  if (bytes.length !== address.length) return false;
  for (let at = 0; at * 8 < bits; at += 1) {
    // The last byte counts by its leading bits.
    const shift = Math.max(8 - (bits - at * 8), 0);
    if ((bytes[at] ?? 0) >> shift !== (address[at] ?? 0) >> shift) return false;
  }
  return true;
}

function parseRange(text: string): IpRange | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const raw = rest.length > 0 ? undefined : parseBytes(address);
  if (raw === undefined) return undefined;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const bits = length === undefined ? raw.length * 8 : Number(length);
  if (bits > raw.length * 8) return undefined;
  // A range within the mapped ones is a range of IPv4 addresses.
  return isMapped(raw) && bits >= 96
    ? { bytes: raw.slice(12), bits: bits - 96 }
    : { bytes: raw, bits };
}

function parseAddress(text: string): Bytes | undefined {
  const bytes = parseBytes(text);
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes;
}

function isMapped(bytes: Bytes): boolean {
  return (
    bytes.length === 16 &&
    bytes.slice(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 255 &&
    bytes[11] === 255
  );
}

function parseBytes(text: string): Bytes | undefined {
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Bytes | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) {
    return undefined;
  }
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseV6(text: string): Bytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : wordsOf(half)));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 16 - head.length - (tail?.length ?? 0);
  // `::` stands for one group of zeros at least; without it all eight groups are there.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
}

/** Groups of four hex digits as bytes; the last two may be an IPv4 address. */
function wordsOf(text: string): number[] | undefined {
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (index === groups.length - 1 && group.includes(".")) {
      const last = parseV4(group);
      if (last === undefined) return undefined;
      bytes.push(...last);
      continue;
    }
    if (!/^[\da-f]{1,4}$/i.test(group)) return undefined;
    const word = Number.parseInt(group, 16);
    bytes.push(word >> 8, word & 255);
  }
  return bytes;
}
