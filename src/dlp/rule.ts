/** What an administrator says about sensitive data, and what an event may say of a match. */

/** Which way the text travels: towards a provider, or back to the caller. */
export type Direction = "prompt" | "answer";

/** Which part of a call the text stands in. */
export type Channel =
  | "system"
  | "user"
  | "assistant"
  | "tool-arguments"
  | "tool-results"
  | "reasoning"
  | "file";

/** What happens to a match. `tokenize` is reversible, through the vault of the request. */
export type DlpAction = "off" | "warn" | "redact" | "mask" | "tokenize" | "block";

/** An administrator's own pattern, in RE2 syntax. Refused when it cannot be bounded. */
export interface CustomPattern {
  source: string;
  caseInsensitive?: boolean | undefined;
  /** A match whose digits (luhn) or letters and digits (mod97) fail the checksum is dropped. */
  checksum?: "luhn" | "mod97" | undefined;
  /** At least one of these must stand in the 64 characters before the match. */
  contextWords?: readonly string[] | undefined;
  /** Matches equal to one of these, letter case aside, are let through. */
  allow?: readonly string[] | undefined;
}

/** One rule names exactly one of `detector`, `pattern`, `dictionary` and `entity`. */
export interface DlpRule {
  /** Unique, kebab-case; appears in events and in placeholders. */
  id: string;
  /** A built-in detector's id, or a group's ("credit-cards", "api-secrets", ...). */
  detector?: string | undefined;
  pattern?: CustomPattern | undefined;
  /** The administrator's own words: whole words, letter case aside. */
  dictionary?: readonly string[] | undefined;
  /** What a service beside the program finds ("person"); its spans come with the text. Prompts only. */
  entity?: string | undefined;
  directions: readonly Direction[];
  /** Default: all. */
  channels?: readonly Channel[] | undefined;
  action: DlpAction;
  mode: "enforce" | "monitor";
  /** Confidence from which a match counts, 0 to 1. Default 0.5. */
  threshold?: number | undefined;
  /** How long a placeholder of `tokenize` stands for the same value. Default: `request`. */
  lifetime?: "request" | "conversation" | undefined;
}

/** What an event may say of a match: never the text. One per (rule, detector, direction, channel). */
export interface Finding {
  rule: string;
  detector: string;
  action: DlpAction;
  enforced: boolean;
  direction: Direction;
  channel: Channel;
  count: number;
  /** Lengths of the matched texts, in UTF-16 units, at most 64 of them. */
  lengths: number[];
}

/** Where a text stands: rules choose by it. */
export interface Where {
  direction: Direction;
  channel: Channel;
}
