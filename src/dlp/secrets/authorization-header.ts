/** Credentials of an Authorization header: Bearer tokens and Basic pairs. */
import { ALNUM } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";
import { entropy, isPlaceholder } from "../kit/placeholder.ts";

export const authorizationHeader: Detector = {
  id: "authorization-header",
  title: "Bearer or Basic credentials",
  version: 1,
  groups: ["api-secrets"],
  evidence: "name, entropy",
  prefilter: { kind: "literals", literals: ["bearer ", "basic "], ignoreCase: true },
  maxLength: 512,
  validate(source, at) {
    if (!source.opens(at)) return undefined;
    const length = /^[bB]e/.test(source.text.slice(at, at + 2)) ? 7 : 6;
    source.code(at + length - 1);
    const scheme = source.text.slice(at, at + length).toLowerCase();
    if (scheme !== "bearer " && scheme !== "basic ") return undefined;
    const start = at + length;
    const end = source.run(start, ALNUM, start + 512, "-._~+/=");
    const value = source.text.slice(start, end);
    if (value.length < 12 || !/\d/.test(value) || !/[A-Za-z]/.test(value)) return undefined;
    const { codes } = source;
    if (isPlaceholder(codes, start, Math.min(end, start + 96)) || entropy(codes, start, end) < 3)
      return undefined;
    const found = { start, end, confidence: 0.75, why: ["name", "entropy"] };
    return value.length === 512 ? { ...found, runsOn: "|-._~+/=" } : found;
  },
};
