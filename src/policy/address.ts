/**
 * Where a provider may live: an admin's address must not turn the gateway into a way to reach cloud
 * metadata services or, unless the deployment allows it, its private network.
 *
 * This judges the address as written. A name that resolves to a private address is the network's to
 * stop: on Cloudflare, a Worker cannot reach private addresses.
 */

/** Why an address is refused, for people; undefined when it is fine. */
export function addressProblem(text: string, allowPrivate: boolean): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "this is no address";
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return "an address starts with https:// or http://";
  }
  if (url.username !== "" || url.password !== "") {
    return "an address holds no credentials; name a secret in `secret`";
  }
  if (url.hash !== "") return "an address has no fragment";
  const host = url.hostname.replace(/\.$/, "").toLowerCase();
  const kind = hostKind(host);
  if (kind === "never") return "link-local, metadata and unspecified addresses are never called";
  if (kind === "private" && !allowPrivate) {
    return "addresses of this machine or a private network are not allowed here";
  }
  return undefined;
}

type HostKind = "public" | "private" | "never";

/** Names by which clouds answer with credentials. */
const METADATA_NAMES = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
]);

function hostKind(host: string): HostKind {
  // The URL parser has already turned 0x7f.1, 2130706433 and the like into four numbers.
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return ipv4Kind(host.split(".").map(Number));
  if (host.startsWith("[")) return ipv6Kind(host.slice(1, -1));
  if (METADATA_NAMES.has(host)) return "never";
  const local = /(^|\.)(localhost|local|internal|lan|home\.arpa)$/.test(host);
  return local || !host.includes(".") ? "private" : "public";
}

function ipv4Kind([a = 0, b = 0, c = 0, d = 0]: readonly number[]): HostKind {
  if (a === 0 || a >= 224 || (a === 169 && b === 254)) return "never";
  // Metadata services outside link-local: Alibaba Cloud's and Oracle's.
  if (a === 100 && b === 100 && c === 100 && d === 200) return "never";
  if (a === 192 && b === 0 && c === 0) return "never";
  if (a === 10 || a === 127 || (a === 192 && b === 168)) return "private";
  if ((a === 172 && b >= 16 && b <= 31) || (a === 100 && b >= 64 && b <= 127)) return "private";
  if (a === 198 && (b === 18 || b === 19)) return "private";
  return "public";
}

function ipv6Kind(host: string): HostKind {
  const groups = ipv6Groups(host);
  if (groups === undefined) return "never";
  const [first = 0] = groups;
  const leadingZeros = groups.slice(0, 5).every((group) => group === 0);
  const last = groups[7] ?? 0;
  const tail = groups[6] ?? 0;
  const embedded = [tail >> 8, tail & 255, last >> 8, last & 255];
  // IPv4 in IPv6: mapped (::ffff:a.b.c.d) and translated (64:ff9b::a.b.c.d).
  if (leadingZeros && groups[5] === 0xffff) return ipv4Kind(embedded);
  if (first === 0x64 && groups[1] === 0xff9b) return ipv4Kind(embedded);
  if (leadingZeros && groups[5] === 0) return tail === 0 && last === 1 ? "private" : "never";
  // Link-local, site-local and multicast; Amazon's metadata address is unique-local.
  if (first >= 0xfe80 && first <= 0xfeff) return "never";
  if (first >= 0xff00) return "never";
  if (first === 0xfd00 && groups[1] === 0xec2) return "never";
  return first >= 0xfc00 && first <= 0xfdff ? "private" : "public";
}

/** The eight numbers of an IPv6 address as the URL parser writes it. */
function ipv6Groups(host: string): number[] | undefined {
  const [head = "", tail] = host.split("::");
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const missing = 8 - left.length - right.length;
  if (missing < 0 || (tail === undefined && missing !== 0)) return undefined;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

function groupsOf(part: string): number[] {
  return part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
}
