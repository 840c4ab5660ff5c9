/**
 * Makes bad requests out of good ones, from a seed: the same seed makes the same requests, whatever
 * order their answers come in.
 */

/** Uniform in [0, 1), by mulberry32. */
export type Random = () => number;

/** A generator that repeats itself for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One of several. */
export function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** Values that do not belong where they are put. */
const strangers: readonly unknown[] = [
  null,
  true,
  false,
  [],
  {},
  [[]],
  "",
  "x",
  0,
  -1,
  0.5,
  -0,
  7,
  1e21,
  1.7976931348623157e308,
  2 ** 53 + 2,
  -(2 ** 53) - 2,
  "\u0000",
  "\ud800",
  "a\udfffb",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "a\r\nx: y",
  "\u202e\ufeff",
  "x".repeat(100_000),
  [null],
  ["x", 1, {}],
  { type: "text" },
  { type: "no-such-type" },
  [{ type: "image_url", image_url: { url: "data:image/png;base64,!!!" } }],
  [{ type: "text", text: "\u0000\ud800" }],
  { toString: 1, valueOf: null },
];

const protoNames = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];

interface Place {
  holder: Record<string, unknown>;
  name: string;
}

/** Every field of a value, as deep as a body may be: an earlier change may have nested it deeper. */
function placesIn(value: unknown, depth = 0): Place[] {
  if (typeof value !== "object" || value === null || depth > 128) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [
    { holder, name },
    ...placesIn(holder[name], depth + 1),
  ]);
}

function nested(random: Random): string {
  const depth = pick(random, [50, 1_000, 20_000]);
  const [open, close] = pick(random, [
    ["[", "]"],
    ['{"a":', "}"],
    ['{"__proto__":', "}"],
  ] as const);
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

/** A stand-in that survives `JSON.stringify` and is replaced by text that JSON cannot make. */
const slot = "@slot@";
const rawTexts = ["1e999", "-1e999", "1e-999", "0.1e1", "-0", '"\\ud800"', '"\\u0000"', "0e0"];

type TextMutation = (text: string, random: Random) => string;

const byText: readonly TextMutation[] = [
  (text, random) => text.slice(0, Math.floor(random() * text.length)),
  (text, random) => text + pick(random, ["}", ",", "\u0000", text, "//x", "\ufeff"]),
  (text) => `\ufeff${text}`,
  (text, random) => {
    const at = Math.floor(random() * text.length);
    return text.slice(0, at) + pick(random, ["\u0000", '"', "{", "\\", "é", "9"]) + text.slice(at);
  },
  // The same key twice: the last one counts for JSON, and must count for all who read it.
  (text, random) => text.replace("{", `{"${pick(random, ["model", "messages", "stream"])}":1,`),
  (text, random) =>
    text.replace("{", `{"${pick(random, protoNames)}":${pick(random, ['{"stream":true}', "1"])},`),
  (_text, random) => nested(random),
  (_text, random) => pick(random, ["", "null", "[]", "7", '"x"', "{}", " ", "undefined", "NaN"]),
];

type ValueMutation = (place: Place, random: Random) => void;

const byValue: readonly ValueMutation[] = [
  ({ holder, name }, random) => (holder[name] = structuredClone(pick(random, strangers))),
  ({ holder, name }) => Reflect.deleteProperty(holder, name),
  ({ holder, name }) => (holder[name] = slot),
  ({ holder }, random) =>
    (holder[`own-${pick(random, protoNames)}`] = structuredClone(pick(random, strangers))),
  ({ holder, name }) => (holder[name] = [holder[name], holder[name]]),
  ({ holder, name }) => (holder[name] = { inner: holder[name] }),
];

/** A request body that was `valid`, broken in one to three ways; sometimes not broken at all. */
export function mutateBody(valid: unknown, random: Random): string {
  if (random() < 0.05) return JSON.stringify(valid);
  if (random() < 0.3) return pick(random, byText)(JSON.stringify(valid), random);
  const value = structuredClone(valid);
  for (let times = 1 + Math.floor(random() * 3); times > 0; times -= 1) {
    const places = placesIn(value);
    if (places.length > 0) pick(random, byValue)(pick(random, places), random);
  }
  const raw = random() < 0.3 ? nested(random) : pick(random, rawTexts);
  return JSON.stringify(value).replaceAll(`"${slot}"`, raw);
}

const names = ["user", "from", "to", "limit", "cursor", "by", "model", "dlp", "key", "__proto__"];
const values = [
  "",
  "0",
  "-1",
  "1e9",
  "999999999999999",
  "2026-13-45",
  "NaN",
  "alice",
  "%00",
  "%ff%fe",
  "%",
  "%zz",
  "%ed%a0%80",
  "__proto__",
  "constructor",
  "model,model,model",
  "';+DROP+TABLE+events;+--",
  "%25",
  "x".repeat(3_000),
];

/** A query string with up to four parameters that mean nothing, or too much. */
export function mutateQuery(random: Random): string {
  const parts = Array.from({ length: Math.floor(random() * 5) }, () =>
    random() < 0.1 ? pick(random, values) : `${pick(random, names)}=${pick(random, values)}`,
  );
  return parts.length === 0 ? "" : `?${parts.join(pick(random, ["&", "&", "&&", ";"]))}`;
}

const oddHeaders: readonly [string, string][] = [
  ["content-type", "text/html"],
  ["content-type", "multipart/form-data; boundary="],
  ["content-encoding", "gzip"],
  ["accept", "\u00ff\u0080"],
  ["user-agent", "x".repeat(5_000)],
  ["user-agent", "\u00e9\u00ff"],
  ["x-tallygate-action", "x".repeat(201)],
  ["x-tallygate-action", "\u00c3\u0028 bad utf-8"],
  ["x-tallygate-resource", "\u00ff".repeat(200)],
  ["x-tallygate-tags", "a,".repeat(100)],
  ["x-tallygate-tags", "x".repeat(200)],
  ["x-tallygate-tags", ",,,,"],
  ["x-tallygate-tags", "\u0080,__proto__,constructor"],
  ["x-tallygate-session", "s".repeat(200)],
  ["x-claude-code-session-id", "s".repeat(6_000)],
  ["x-tallygate-metadata", "{"],
  ["x-tallygate-metadata", '{"__proto__":1,"constructor":"x"}'],
  ["x-tallygate-metadata", '{"a":1e999}'],
  ["x-tallygate-metadata", '{"a":"\\ud800","b":"\\u0000"}'],
  ["x-tallygate-metadata", `{"a":"${"x".repeat(4_100)}"}`],
  ["cf-aig-metadata", '{"a":{"b":1}}'],
  ["cf-aig-metadata", "[[[[[["],
  ["cf-connecting-ip", "not an address"],
  ["cf-connecting-ip", "x".repeat(4_000)],
  ["origin", "null"],
  ["origin", "http://evil.example"],
  ["cookie", "tallygate_session=v1.e30.AAAA"],
  ["cookie", ";;;=;tallygate_session"],
  ["anthropic-version", "__proto__"],
  ["anthropic-beta", "x".repeat(2_000)],
  ["upgrade", "websocket"],
  ["sec-websocket-protocol", "tallygate.v1, key.tg_dev_x_y"],
  ["x-request-id", "mine"],
  ["if-none-match", "*"],
  ["range", "bytes=0-1"],
];

const junkKeys = [
  "Bearer",
  "Bearer ",
  "Basic dTpw",
  "tg_",
  "Bearer tg___",
  "Bearer tg_dev_aaaaaaaaaaaa_bbbb",
  `Bearer tg_${"x".repeat(3_000)}_y_z`,
  "Bearer tg_../../x_a_b",
  "Bearer tg___proto___a_b",
  "Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.AAAA",
  "Bearer \u00ff\u00fe",
];

/** Headers as a flat list, so that a name may come twice. */
export function mutateHeaders(key: string, random: Random): string[] {
  const list: string[] = [];
  const fate = random();
  if (fate < 0.85) list.push("authorization", `Bearer ${key}`);
  if (fate < 0.03 || fate > 0.9) list.push("authorization", pick(random, junkKeys));
  if (fate > 0.82 && fate < 0.88) list.push("x-api-key", pick(random, junkKeys));
  for (let times = Math.floor(random() * 3); times > 0; times -= 1) {
    list.push(...pick(random, oddHeaders));
  }
  return list;
}
