/** Bank identifier codes (ISO 9362), believed only after the words BIC or SWIFT. */
import { ALNUM } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";

const LINK =
  /^(?: ?[/|] ?(?:bic|swift))?(?:[ -]?(?:code|number|no\.?|id))?["']?(?: is| =|=| ?:| of)?[ "'`([]*/i;

/** ISO 3166 codes, which stand in the fifth and sixth place. */
const COUNTRIES = new Set(
  (
    "AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI " +
    "CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FO FR GA GB GD GE GG GH GI GL GM GN GQ " +
    "GR GT GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KM KN KR KW KY KZ LA LB LC LI LK LR " +
    "LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NZ OM PA PE PF PG " +
    "PH PK PL PS PT PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR ST SV SY SZ TC TD TG TH TJ TL TM TN TO " +
    "TR TT TW TZ UA UG US UY UZ VA VC VE VG VN VU WS XK YE ZA ZM ZW"
  ).split(" "),
);

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
    if (!COUNTRIES.has(code.slice(4, 6))) return undefined;
    return { start, end, confidence: 0.85, why: ["shape", "context"] };
  },
};
