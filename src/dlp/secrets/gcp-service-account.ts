/** Google Cloud service account files: the JSON from its type to its end. */
import { NONE } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import { MATCH_CHARS_MAX } from "../limits.ts";

const TYPE = /^"type"\s{0,4}:\s{0,4}"service_account"/;

export const gcpServiceAccount: Detector = {
  id: "gcp-service-account",
  title: "Google Cloud service account key",
  version: 1,
  groups: ["api-secrets", "gcp"],
  evidence: "prefix, shape",
  prefilter: { kind: "anywhere", literals: ['"type"'] },
  maxLength: MATCH_CHARS_MAX,
  validate(source, at) {
    if (!source.has(at, '"type"')) return undefined;
    source.code(at + 40);
    if (!TYPE.test(source.text.slice(at, at + 40))) return undefined;
    let end = at;
    while (end - at < MATCH_CHARS_MAX && source.code(end) !== 125 && source.code(end) !== NONE) {
      // A second type begins another object: what lies between was never closed.
      if (end > at && source.code(end) === 34 && source.has(end, '"type"')) return undefined;
      end += 1;
    }
    if (!source.text.slice(at, end).includes('"private_key"')) return undefined;
    return { start: at, end, confidence: 0.95, why: ["prefix", "shape"] };
  },
};
