/** Keys without a prefix, under the name of the service they belong to: "TWITTER_PROD=...". */
import { mixture, readAssignment, type Assignment } from "../kit/assignment.ts";
import { ALPHA, DIGIT, classOf } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import { entropy, isPlaceholder } from "../kit/placeholder.ts";
import { namesService } from "../kit/services.ts";

const LENGTH_MIN = 12;
const VALUE = /^[A-Za-z0-9_=+/.:|-]+$/;
const ADDRESS =
  /:\/\/|^\/|^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[a-z]{2,6}(?:[:/]|$)|^\d+(?:[.:-]\d+)+$/;
/** An account's number and a secret, and pairs of hex: few changes, yet no word. */
const PAIR = /^[0-9]{8,24}-[A-Za-z0-9]{16,60}$|^[0-9a-f]{8}:[0-9a-f]{8}$/;
const DATE = /^\d{4}-\d\d-\d\d/;
const TELLING = /key|token|secret|id$|auth|cred|prod|conf|pass/;

/** How often letters and digits change places: random values do it all the time, words do not. */
function changes(value: string): number {
  let count = 0;
  let last = 0;
  for (let i = 0; i < value.length; i += 1) {
    const kind = classOf(value.charCodeAt(i)) & (DIGIT | ALPHA);
    const side = (kind & DIGIT) !== 0 ? 1 : kind === 0 ? 0 : 2;
    if (side !== 0 && last !== 0 && side !== last) count += 1;
    if (side !== 0) last = side;
  }
  return count;
}

function judge(codes: Uint8Array, { name, value, start, end }: Assignment): number {
  const { digits, upper, lower } = mixture(codes, start, end);
  if (value.length < LENGTH_MIN || !VALUE.test(value) || ADDRESS.test(value) || DATE.test(value))
    return 0;
  if (upper + lower === 0) {
    const whole = digits === value.length && value.length >= 15 && value.length <= 20;
    return whole && (TELLING.test(name) || !/[_.-]/.test(name)) ? 0.55 : 0;
  }
  if (digits === 0 || entropy(codes, start, end) < 2.6) return 0;
  if (PAIR.test(value)) return 0.7;
  const turns = changes(value);
  if (turns < 3 || turns < value.length / 12) return 0;
  return value.length >= 20 ? 0.75 : 0.6;
}

export const serviceSecret: Detector = {
  id: "service-secret",
  title: "Key assigned to a service's name",
  version: 2,
  groups: ["api-secrets"],
  evidence: "name, shape, entropy",
  prefilter: { kind: "assignment" },
  maxLength: 512,
  validate(source, at) {
    const found = readAssignment(source, at);
    if (found === undefined || found.value.length < LENGTH_MIN) return undefined;
    if (!namesService(found.name)) return undefined;
    const { start, end, cut } = found;
    const { codes } = source;
    if (isPlaceholder(codes, start, Math.min(end, start + 96))) return undefined;
    const confidence = judge(codes, found);
    if (confidence === 0) return undefined;
    const candidate = { start, end, confidence, why: ["name", "shape", "entropy"] };
    return cut ? { ...candidate, runsOn: "|-._~+/=" } : candidate;
  },
};
