/** Every bound of the DLP room, each with its reason. */

/** Characters before a match that may count as context; a stream keeps them after release. */
export const LOOK_BACK_CHARS = 64;
/** Longest local part of an e-mail address (RFC 5321); the longest step back from an anchor. */
export const STEP_BACK_CHARS = 64;
/** Released characters a stream keeps: context, the step back, and one for the boundary test. */
export const KEPT_CHARS = 160;
/** A run of base64 longer than this is not looked into: modest payloads hide values, files do not. */
export const BASE64_RUN_CHARS_MAX = 2048;
/** Below this a base64 run cannot hold a value worth hiding. */
export const BASE64_RUN_CHARS_MIN = 16;
/** Longest match any detector reports; what runs on past it is swallowed with it. */
export const MATCH_CHARS_MAX = 8192;
/** Longest match of an administrator's pattern: it is what a stream must hold back for it. */
export const PATTERN_MATCH_CHARS_MAX = 256;
/** Length of an administrator's pattern: RE2 programs grow with it. */
export const PATTERN_SOURCE_CHARS_MAX = 512;
/** Largest counted repeat in an administrator's pattern, since RE2 unrolls repeats. */
export const PATTERN_REPEAT_MAX = 256;
/** Patterns of one policy: each is a pass of its own. */
export const PATTERNS_MAX = 32;
/** Words of one dictionary. */
export const DICTIONARY_WORDS_MAX = 2000;
/** Length of one dictionary word: what a stream must hold back for it. */
export const DICTIONARY_WORD_CHARS_MAX = 128;
/** Rules of one policy. */
export const RULES_MAX = 256;
/** Spans that a service may answer for one text. */
export const SPANS_MAX = 10_000;
/** Lengths listed in one finding; the count goes on. */
export const FINDING_LENGTHS_MAX = 64;
/** Codes of a text that are kept for the next one; a longer text gets memory of its own. */
export const KEPT_CODES_MAX = 1 << 20;
/** Overlapping values of one detector that are looked for; more are one run, see `Detector.crowds`. */
export const CROWD_MAX = 4;
/** So much of a stream is scanned at every piece, so that the first words show at once. */
export const EAGER_CHARS = 256;
/** From then on a stream waits for so many characters before it scans again: some eight tokens. */
export const BATCH_CHARS = 32;
/** Whole texts up to this are looked at once before they are scanned: most have nothing. */
export const QUIET_CHARS_MAX = 16_384;
