/** Every bound of the prompt guard, each with its reason. */

/** A text is folded and scored in segments of this many UTF-16 units, so that memory stays flat. */
export const segmentChars = 65_536;

/** Segments overlap by this much, so that a phrase on a seam is seen whole. */
export const segmentOverlapChars = 1_024;

/** Shorter texts, nearly all there are, are folded into arrays that stay: 60 KB an isolate. */
export const scratchChars = 4_096;

/** Words longer than this are cut: no lexicon entry is near it, and a wall of letters stays cheap. */
export const wordCharsMax = 48;

/** Decoded views of one text together, beyond which further encoded runs are left undecoded. */
export const decodedCharsMax = 32_768;

/** One encoded run is decoded up to this length; an instruction needs far less. */
export const encodedRunCharsMax = 8_192;

/** Views inside views (base64 in base64): past two layers no model follows either. */
export const viewDepthMax = 2;

/**
 * The model reads a text in blocks of this many folded units, and judges two neighbouring ones
 * together: long enough for a persona's set-up, short enough for a note.
 */
export const blockChars = 512;

/** Overt phrasing adds up over this many words at most, so that a long document is not a long proof. */
export const phraseWindowWords = 320;

/** Reasons kept in a verdict: enough to explain, too few to fill an event. */
export const reasonsMax = 8;

/** All views of a text together are at most this many times its length, and the allowance more. */
export const viewLengthsMax = 5;
export const viewAllowanceChars = 16_384;
