/** What a detector is. It says what a text looks like; what to do about it is a rule's business. */
import type { ContextWords } from "./context.ts";
import type { Source } from "./source.ts";

/**
 * Where in a text a detector may find something, as the engine's one pass can tell cheaply.
 * - `literals`: one of these stands at the anchor, with no letter or digit before it.
 * - `anywhere`: one of these stands at the anchor, whatever goes before.
 * - `digits`: a digit run of one of these lengths begins at the anchor after a non-letter.
 *   `second` narrows it by the length of the group after a single separator (0 for none), `third`
 *   by that of the group after that, `follow` by the character after the run; `whole` leaves out numbers that a separator other than a
 *   blank joins to digits before them.
 * - `mixed`: a word begins at the anchor with so many letters and then a digit, or at least `digits`.
 * - `assignment`: an operator at the anchor assigns a value of some length to a name.
 *
 * For literals of one character, `next` and `after` are class masks of the two characters after them;
 * `previous` is one of the character before any literal. `reach` asks for so many letters, digits, hyphens and
 * underscores from the anchor on; `solid` leaves out the signs. `needs` asks for a word of a list shortly before.
 */
export type Prefilter =
  | {
      kind: "literals" | "anywhere";
      literals: readonly string[];
      ignoreCase?: boolean;
      next?: number;
      after?: number;
      previous?: number;
      reach?: number;
    }
  | { kind: "assignment" }
  | {
      kind: "digits";
      first: readonly number[];
      second?: readonly number[];
      third?: readonly number[];
      follow?: string;
      whole?: boolean;
      reach?: number;
      solid?: boolean;
      needs?: ContextWords;
    }
  | {
      kind: "mixed";
      letters: readonly number[];
      digits?: number;
      reach?: number;
      solid?: boolean;
      needs?: ContextWords;
    };

/** A span that looks like the detector's type, with what speaks for it. */
export interface Candidate {
  start: number;
  end: number;
  /** 0 to 1: shape alone 0.3 to 0.6, a checksum about 0.8, context adds 0.35. */
  confidence: number;
  /** The evidence: "shape", "checksum", "context", "prefix", "entropy", "name". */
  why: readonly string[];
  /** The match reached its bound inside a run of this class: what runs on belongs to it. */
  runsOn?: string;
}

export interface Detector {
  /** Kebab-case; appears in rules, events and placeholders. */
  id: string;
  title: string;
  /** Goes up when findings change, so that an event can be read years later. */
  version: number;
  /** Ids of the groups it belongs to. */
  groups: readonly string[];
  /** Which evidence it weighs, for the reference page. */
  evidence: string;
  prefilter: Prefilter | readonly Prefilter[];
  /** The highest confidence it gives, when under 1: rules that ask for more do without it. */
  confidenceMax?: number;
  /** Longest match in UTF-16 units. */
  maxLength: number;
  /** The candidate whose anchor is `at`, if any. Pure; reads at most 64 characters to the left. */
  validate: (source: Source, at: number) => Candidate | undefined;
  /**
   * What the run of a value may hold besides letters and digits, after a mark. Where four values of
   * the detector overlap, none is looked for inside the first of them any more, and the fourth
   * takes the rest of the run: beginnings that are repeated thousandfold are one value.
   */
  crowds?: string;
  /** What `redact` puts in place of a match, when not the usual placeholder. */
  replacement?: string;
}
