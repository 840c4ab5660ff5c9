/**
 * Letter case aside, as people mean it: also for letters whose capital or small form lies in another
 * block (the Kelvin sign is a k, the long s is an s, a final sigma is a sigma).
 */

/** One UTF-16 unit with its case folded; what would grow when folded stays as it is. */
export function foldCase(unit: string): string {
  const upper = unit.toUpperCase();
  const lower = (upper.length === 1 ? upper : unit).toLowerCase();
  return lower.length === 1 ? lower : unit;
}

/** A text with the case of every unit folded; of the same length. */
export function foldText(text: string): string {
  if (/^[\0-\u007f]*$/.test(text)) return text.toLowerCase();
  let folded = "";
  for (let i = 0; i < text.length; i += 1) folded += foldCase(text[i] ?? "");
  return folded;
}
