/**
 * A small grammar that makes training texts: templates with `{slot}`s, filled at random from lists.
 * Seeded, so that a training run makes the same texts each time.
 */

/** Templates and what their slots may hold; a filling may have slots of its own. */
export interface Grammar {
  readonly templates: readonly string[];
  readonly slots: Readonly<Record<string, readonly string[]>>;
}

/** A generator of numbers in [0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const depthMax = 5;
const slotName = /\{([A-Za-z]+)\}/g;

/** Up to `each` different texts of every template. Throws on a slot that the grammar does not have. */
export function expand(grammar: Grammar, each: number, next: () => number): string[] {
  const out = new Set<string>();
  for (const template of grammar.templates) {
    for (let at = 0; at < each; at++) out.add(fill(template, grammar, next, 0));
  }
  return [...out];
}

function fill(template: string, grammar: Grammar, next: () => number, depth: number): string {
  if (depth > depthMax) throw new Error(`Slots nest too deep in "${template}".`);
  return template.replace(slotName, (_, name: string) => {
    const choices = grammar.slots[name];
    if (choices === undefined) throw new Error(`No slot "${name}" for "${template}".`);
    return fill(choices[Math.floor(next() * choices.length)]!, grammar, next, depth + 1);
  });
}

/** The lines of a text, trimmed, without empty ones. */
export const lines = (text: string): string[] => parts(text, "\n");

/** The parts between commas; a semicolon before a space stands for a comma inside a part. */
export const words = (text: string): string[] =>
  parts(text, ",").map((part) => part.replace(/; /g, ", "));

function parts(text: string, by: string): string[] {
  return text
    .split(by)
    .map((part) => part.trim().replace(/\s+/g, " "))
    .filter((part) => part.length > 0);
}
