/**
 * The tokenization map of one request: placeholder to original and back. A provider sees the
 * placeholder, the caller gets the original, also mid-stream and inside JSON-escaped arguments.
 * It lives in memory for the request; nothing here may be logged.
 *
 * A placeholder that lasts for a conversation needs no map that outlives the request where callers
 * send the conversation so far with every request, with the originals that they were given back: the
 * same original gets the same name again from a keyed hash. So a provider that remembers an earlier
 * request, by its cache or its own state, never sees one placeholder stand for two values. Where the
 * provider keeps the history in the caller's place, the edge keeps this map too, encrypted, and has
 * it recalled.
 */

/** Longest placeholder: the hold-back of a streaming restorer. */
const PLACEHOLDER_MAX = 96;
const SHAPE = /\[TOKEN:[a-z0-9-]{1,72}:(?:\d{1,6}|[a-z]{10})\]/g;
/** A placeholder that lasts, alone. */
const LASTING = /^\[TOKEN:[a-z0-9-]{1,72}:[a-z]{10}\]$/;
/** Letters of a lasting name: no digits, so that no detector sees an identifier in it. */
export const LASTING_NAME_CHARS = 10;

/**
 * Names an original for a whole conversation: ten small letters, always the same for the same
 * detector and original, that tell nobody without the key what they stand for.
 */
export type NameOf = (detector: string, original: string) => string;

export interface Vault {
  /**
   * The placeholder of an original; the same original of the same detector has the same one, in the
   * whole conversation when it is `lasting`.
   */
  placeholder(detector: string, original: string, lasting?: boolean): string;
  /** How many originals are held. */
  readonly size: number;
  /** Placeholders that last and their originals, those of earlier turns first. */
  readonly lasting: readonly (readonly [placeholder: string, original: string])[];
  /** Takes back what an earlier turn of the conversation held; this request's own come first. */
  recall(kept: readonly (readonly [placeholder: string, original: string])[]): void;
  /** Puts originals back in a text. */
  restore(text: string): string;
  /** The same inside a JSON text: originals are escaped as JSON strings are. */
  restoreJson(text: string): string;
  /** The original of a placeholder, or undefined when it is not one of this vault's. */
  lookup(placeholder: string): string | undefined;
}

/** Restores text that comes in pieces. */
export interface StreamRestorer {
  push(delta: string): string;
  end(): string;
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** A new, empty vault. Without `nameOf` no placeholder lasts longer than the vault. */
export function openVault(nameOf?: NameOf): Vault {
  const byOriginal = new Map<string, string>();
  const byPlaceholder = new Map<string, string>();
  const counts = new Map<string, number>();
  const recalled = new Map<string, string>();
  const named = new Map<string, string>();
  const replace = (text: string, encode: (original: string) => string): string => {
    if (byPlaceholder.size === 0 || !text.includes("[TOKEN:")) return text;
    return text.replaceAll(SHAPE, (placeholder) => {
      const original = byPlaceholder.get(placeholder);
      return original === undefined ? placeholder : encode(original);
    });
  };
  return {
    placeholder(detector, original, lasting = false) {
      const key = `${detector} ${original}`;
      const known = byOriginal.get(key);
      if (known !== undefined) return known;
      const name = lasting ? nameOf?.(detector, original) : undefined;
      let placeholder = `[TOKEN:${detector}:${name ?? ""}]`;
      // Two originals of one name are all but impossible; then the later one has a number.
      if (name === undefined || byPlaceholder.has(placeholder)) {
        const count = (counts.get(detector) ?? 0) + 1;
        counts.set(detector, count);
        placeholder = `[TOKEN:${detector}:${count}]`;
      } else named.set(placeholder, original);
      byOriginal.set(key, placeholder);
      byPlaceholder.set(placeholder, original);
      return placeholder;
    },
    get lasting() {
      return [...recalled, ...named];
    },
    recall(kept) {
      for (const [placeholder, original] of kept) {
        if (byPlaceholder.has(placeholder) || !LASTING.test(placeholder)) continue;
        recalled.set(placeholder, original);
        byPlaceholder.set(placeholder, original);
      }
    },
    get size() {
      return byPlaceholder.size;
    },
    restore: (text) => replace(text, (original) => original),
    restoreJson: (text) => replace(text, escapeJson),
    lookup: (placeholder) => byPlaceholder.get(placeholder),
  };
}

/** Where a placeholder may begin that the end of the text cuts off; the length when none may. */
function openPlaceholder(text: string): number {
  const at = text.lastIndexOf("[");
  if (at < 0 || text.length - at > PLACEHOLDER_MAX) return text.length;
  const tail = text.slice(at);
  return /^\[(?:T|TO|TOK|TOKE|TOKEN|TOKEN:[a-z0-9-]*(?::[a-z0-9]*)?)?$/.test(tail)
    ? at
    : text.length;
}

/**
 * A restorer for text in pieces: holds back only what may be the beginning of a placeholder.
 * `json` says that the text is itself JSON (tool arguments), so originals are escaped.
 */
export function openRestore(vault: Vault, json = false): StreamRestorer {
  let held = "";
  const restore = (text: string): string => (json ? vault.restoreJson(text) : vault.restore(text));
  return {
    push(delta) {
      held += delta;
      const cut = openPlaceholder(held);
      const out = restore(held.slice(0, cut));
      held = held.slice(cut);
      return out;
    },
    end() {
      const out = restore(held);
      held = "";
      return out;
    },
  };
}
