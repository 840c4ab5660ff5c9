/** Keys without a prefix, under the name of the service they belong to: "TWITTER_PROD=...". */
import { readAssignment, valueOf, type Assignment } from "../kit/assignment.ts";
import { DIGIT, HEX, is } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import { SIGNS, turnsIn } from "../kit/mixture.ts";
import { entropy, isPlaceholder } from "../kit/placeholder.ts";
import { namesService } from "../kit/services.ts";
import type { Source } from "../kit/source.ts";

const LENGTH_MIN = 12;
const ADDRESS =
  /:\/\/|^\/|^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[a-z]{2,6}(?:[:/]|$)|^\d+(?:[.:-]\d+)+$/;
/** An account's number and a secret, and pairs of hex: few changes, yet no word. */
const PAIR = /^[0-9]{8,24}-[A-Za-z0-9]{16,60}$|^[0-9a-f]{8}:[0-9a-f]{8}$/;
const DATE = /^\d{4}-\d\d-\d\d/;
const TELLING = /key|token|secret|id$|auth|cred|prod|conf|pass/;

const WHY = ["name", "shape", "entropy"];

/** What an address has one of. */
const IN_ADDRESSES = SIGNS.dot | SIGNS.colon | SIGNS.slash;

/** Whether a value is an address or a date: each pattern is tried only where its signs stand. */
function isKnownShape(source: Source, found: Readonly<Assignment>): boolean {
  const { signs } = found.mix;
  const numeral = is(source.code(found.start), DIGIT);
  if ((signs & IN_ADDRESSES) === 0 && (!numeral || (signs & SIGNS.join) === 0)) return false;
  const value = valueOf(source, found);
  return ADDRESS.test(value) || DATE.test(value);
}

function isPair(source: Source, found: Readonly<Assignment>): boolean {
  const { signs } = found.mix;
  if ((signs & (SIGNS.join | SIGNS.colon)) === 0) return false;
  return is(source.code(found.start), HEX) && PAIR.test(valueOf(source, found));
}

function judge(source: Source, found: Readonly<Assignment>): number {
  const { start, end } = found;
  const { digits, upper, lower, signs } = found.mix;
  const length = end - start;
  if ((signs & (SIGNS.odd | SIGNS.open)) !== 0 || isKnownShape(source, found)) return 0;
  if (upper + lower === 0) {
    const whole = digits === length && length >= 15 && length <= 20;
    if (!whole) return 0;
    const name = found.name.slice();
    return TELLING.test(name) || !/[_.-]/.test(name) ? 0.55 : 0;
  }
  if (digits === 0 || entropy(source.codes, start, end) < 2.6) return 0;
  if (isPair(source, found)) return 0.7;
  const turns = turnsIn(source.codes, start, end);
  if (turns < 3 || turns < length / 12) return 0;
  return length >= 20 ? 0.75 : 0.6;
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
    if (found === undefined || found.end - found.start < LENGTH_MIN) return undefined;
    if (!namesService(found.name)) return undefined;
    const { start, end, cut } = found;
    if (isPlaceholder(source, start, Math.min(end, start + 96))) return undefined;
    const confidence = judge(source, found);
    if (confidence === 0) return undefined;
    const candidate = { start, end, confidence, why: WHY };
    return cut ? { ...candidate, runsOn: "|-._~+/=" } : candidate;
  },
};
