/** What stands in place of a match, and what is reported of it. */
import { ALNUM, is } from "./kit/chars.ts";
import { FINDING_LENGTHS_MAX } from "./limits.ts";
import type { Match } from "./match.ts";
import type { Finding, Where } from "./rule.ts";
import type { Vault } from "./vault.ts";

/** Characters a mask may leave standing: layout, never anything a JSON string must escape. */
const LAYOUT = " -./:+()@_";
const CLEAR_CHARS = 4;

/** Stars for everything but the last four letters and digits; all stars for short values. */
export function maskText(text: string): string {
  let letters = 0;
  for (let i = 0; i < text.length; i += 1) if (is(text.charCodeAt(i), ALNUM)) letters += 1;
  const clearFrom = letters > CLEAR_CHARS * 2 ? letters - CLEAR_CHARS : letters;
  let seen = 0;
  let out = "";
  for (const character of text) {
    if (!is(character.charCodeAt(0), ALNUM)) {
      out += LAYOUT.includes(character) ? character : "*";
      continue;
    }
    out += seen >= clearFrom ? character : "*";
    seen += 1;
  }
  return out;
}

/** What a placeholder calls a detector: vaults know small letters, digits and hyphens. */
export const placeholderName = (detector: string): string => detector.replace(":", "-");

/** What stands in place of a match: the same for the same detector, and no detector's match. */
export function replacementFor(match: Match, original: string, vault: Vault | undefined): string {
  if (!match.enforced) return original;
  if (match.action === "mask") return maskText(original);
  if (match.action === "tokenize" && vault !== undefined) {
    return vault.placeholder(placeholderName(match.detector), original, match.lasting);
  }
  if (match.action === "redact" || match.action === "tokenize")
    return `[REDACTED:${placeholderName(match.detector)}]`;
  return original;
}

/** Adds one match to the findings of its (rule, detector). */
export function note(findings: Finding[], match: Match, where: Where): void {
  const { rule, detector, action, enforced } = match;
  let finding = findings.find((entry) => entry.rule === rule && entry.detector === detector);
  if (finding === undefined) {
    finding = { rule, detector, action, enforced, ...where, count: 0, lengths: [] };
    findings.push(finding);
  }
  finding.count += 1;
  if (finding.lengths.length < FINDING_LENGTHS_MAX) finding.lengths.push(match.end - match.start);
}
