/**
 * How many letters, digits, hyphens and underscores every text that a pattern takes begins with. Known
 * before a text is read, it turns most anchors of a detector away without asking it.
 */
import { ALNUM, classOf } from "./chars.ts";

interface Run {
  /** How many there are at least. */
  count: number;
  /** Whether nothing else may stand among them: then what follows goes on counting. */
  through: boolean;
}

const NOTHING: Run = { count: 0, through: true };
const SOLID = /^[A-Za-z0-9_-]$/;

/** Whether the characters and ranges of a class are letters, digits, hyphens and underscores alone. */
function isSolid(inside: string): boolean {
  for (let i = 0; i < inside.length; i += 1) {
    const sign = inside[i] ?? "";
    if (!SOLID.test(sign)) return false;
    const first = inside[i - 1] ?? "-";
    const last = inside[i + 1] ?? "-";
    // A range that leads from one kind of characters to another has signs between.
    if (sign === "-" && first !== "-" && last !== "-" && kindOf(first) !== kindOf(last))
      return false;
  }
  return true;
}

function kindOf(sign: string): number {
  return classOf(sign.charCodeAt(0)) & ALNUM;
}

/** Reads the syntax that patterns of tokens use; anything else ends the run. */
class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Alternatives up to a closing parenthesis or the end: the least of them. */
  alternatives(): Run {
    let least = this.#sequence();
    while (this.#source[this.#at] === "|") {
      this.#at += 1;
      const other = this.#sequence();
      const through = least.through && other.through;
      least = { count: Math.min(least.count, other.count), through };
    }
    return least;
  }

  #sequence(): Run {
    let count = 0;
    let through = true;
    for (;;) {
      const sign = this.#source[this.#at];
      if (sign === undefined || sign === "|" || sign === ")") return { count, through };
      const item = this.#item(sign);
      const { least, most } = this.#repeats();
      if (!through) continue;
      if (item.through) count += item.count * least;
      else {
        // What is left out counts nothing, and what stands there once ends the run.
        count += least === 0 ? 0 : item.count;
        through = most === 0;
      }
    }
  }

  #item(sign: string): Run {
    this.#at += 1;
    if (sign === "^") return NOTHING;
    if (sign === "(") return this.#group();
    if (sign === "[") return this.#class();
    const character = sign === "\\" ? (this.#source[this.#at++] ?? "") : sign;
    if (sign === "\\" && character !== "-")
      return {
        count: character === "d" || character === "w" ? 1 : 0,
        through: "dw".includes(character),
      };
    const solid = SOLID.test(character);
    return { count: solid ? 1 : 0, through: solid };
  }

  #group(): Run {
    const rest = this.#source.slice(this.#at);
    const opening = /^\?(?:[:=!]|<[=!])/.exec(rest)?.[0] ?? "";
    this.#at += opening.length;
    const inside = this.alternatives();
    this.#at += 1;
    // What only looks ahead or back takes no characters.
    return opening === "" || opening === "?:" ? inside : NOTHING;
  }

  #class(): Run {
    const end = this.#source.indexOf("]", this.#at + 1);
    const inside = this.#source.slice(this.#at, end);
    this.#at = end + 1;
    const solid = isSolid(inside.replaceAll(/\\[dw]/g, "").replaceAll("\\-", "-"));
    return { count: solid ? 1 : 0, through: solid };
  }

  #repeats(): { least: number; most: number } {
    const written = /^(?:[*+?]|\{(\d{1,4})(?:,\d{0,4})?\})\??/.exec(this.#source.slice(this.#at));
    if (written === null) return { least: 1, most: 1 };
    const [whole, from] = written;
    this.#at += whole.length;
    if (from === undefined) return { least: whole.startsWith("+") ? 1 : 0, most: 2 };
    return { least: Number(from), most: Number(from) === 0 && whole === "{0}" ? 0 : 2 };
  }
}

/** The count for a pattern that begins with `^` and minds letter case. */
export function leastRun({ source }: RegExp): number {
  return new Reader(source).alternatives().count;
}
