/** Bank identifier codes (ISO 9362), believed only after the words BIC or SWIFT. */
import { ALNUM, ALPHA, is } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";

const LINK =
  /^(?: ?[/|] ?(?:bic|swift))?(?:[ -]?(?:code|number|no\.?|id))?["']?(?: is| =|=| ?:| of)?[ "'`([]*/i;

export const bic: Detector = {
  id: "bic",
  title: "Bank identifier code (BIC, SWIFT)",
  version: 1,
  groups: ["financial"],
  evidence: "shape, context",
  prefilter: { kind: "literals", literals: ["bic", "swift"], ignoreCase: true },
  maxLength: 11,
  validate(source, at) {
    const word = source.has(at, "B") || source.has(at, "b") ? 3 : 5;
    if (!source.opens(at)) return undefined;
    const name = source.text.slice(at, at + word).toLowerCase();
    if (name !== "bic" && name !== "swift") {
      source.code(at + word);
      return undefined;
    }
    // The link words read at most 32 characters; asking for the last notes an unfinished text.
    source.code(at + word + 44);
    const link = LINK.exec(source.text.slice(at + word, at + word + 32));
    const start = at + word + (link?.[0].length ?? 0);
    if (start === at + word) return undefined;
    const end = source.run(start, ALNUM, start + 12);
    if ((end - start !== 8 && end - start !== 11) || !source.closes(end)) return undefined;
    const code = source.text.slice(start, end);
    if (!/^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(code)) return undefined;
    if (!is(source.code(start), ALPHA)) return undefined;
    return { start, end, confidence: 0.85, why: ["shape", "context"] };
  },
};
