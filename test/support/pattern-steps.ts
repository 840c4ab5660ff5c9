/**
 * A backtracking matcher that counts its steps, so that a pattern can be shown to take time in
 * proportion to a text without looking at a clock. It reads what the room's patterns are written in;
 * captures are groups, and anything that it does not know it refuses.
 */

type Node =
  | { kind: "atom"; holds: (character: string) => boolean }
  | { kind: "place"; holds: (text: string, at: number) => boolean }
  | { kind: "look"; item: Node; ahead: boolean; negative: boolean }
  | { kind: "row"; items: readonly Node[] }
  | { kind: "choice"; options: readonly Node[] }
  | { kind: "repeat"; item: Node; least: number; most: number; lazy: boolean };

/** Printable ASCII, blanks, a letter outside it, and a character in no class that people write. */
const ALPHABET = [
  ...Array.from({ length: 95 }, (_, code) => String.fromCharCode(code + 32)),
  "\n",
  "\r",
  "\t",
  "é",
  "\u0001",
];
const LOOK_BEHIND_MAX = 32;
const STEPS_MAX = 200_000;

const isWord = (character: string | undefined): boolean => /^\w$/.test(character ?? "");

class Parser {
  readonly #source: string;
  readonly #flags: string;
  #at = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags.replaceAll(/[^iusm]/g, "");
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw new Error(`unread: ${this.#source.slice(this.#at)}`);
    return node;
  }

  #choice(): Node {
    const options = [this.#row()];
    while (this.#take("|")) options.push(this.#row());
    return options.length === 1 && options[0] !== undefined
      ? options[0]
      : { kind: "choice", options };
  }

  #row(): Node {
    const items: Node[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#source[this.#at] ?? ""))
      items.push(this.#repeated(this.#item()));
    return { kind: "row", items };
  }

  #repeated(item: Node): Node {
    const written = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})(\??)/.exec(this.#source.slice(this.#at));
    if (written === null) return item;
    this.#at += written[0].length;
    const [sign = "", low, comma, high] = written;
    const least = low === undefined ? (sign.startsWith("+") ? 1 : 0) : Number(low);
    const bounded = comma === "" ? least : high === "" ? Infinity : Number(high);
    const most = low === undefined ? (sign.startsWith("?") ? 1 : Infinity) : bounded;
    return { kind: "repeat", item, least, most, lazy: written[4] === "?" };
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #item(): Node {
    for (const [opening, ahead, negative] of [
      ["(?=", true, false],
      ["(?!", true, true],
      ["(?<=", false, false],
      ["(?<!", false, true],
    ] as const)
      if (this.#take(opening)) return { kind: "look", item: this.#group(), ahead, negative };
    if (this.#take("(?:")) return this.#group();
    if (this.#take("(")) {
      this.#at += /^\?<\w+>/.exec(this.#source.slice(this.#at))?.[0].length ?? 0;
      return this.#group();
    }
    if (this.#take("^"))
      return {
        kind: "place",
        holds: (text, at) => at === 0 || (this.#flags.includes("m") && text[at - 1] === "\n"),
      };
    if (this.#take("$"))
      return {
        kind: "place",
        holds: (text, at) => at === text.length || (this.#flags.includes("m") && text[at] === "\n"),
      };
    for (const [sign, inside] of [
      ["\\b", true],
      ["\\B", false],
    ] as const)
      if (this.#take(sign))
        return {
          kind: "place",
          holds: (text, at) => (isWord(text[at - 1]) !== isWord(text[at])) === inside,
        };
    return this.#atom();
  }

  #group(): Node {
    const node = this.#choice();
    if (!this.#take(")")) throw new Error("a group without an end");
    return node;
  }

  #atom(): Node {
    const rest = this.#source.slice(this.#at);
    const atom =
      /^\[(?:\\.|[^\]\\])*\]|^\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[^k1-9])|^[^\\]/su.exec(
        rest,
      )?.[0];
    if (atom === undefined) throw new Error(`cannot be read: ${rest}`);
    this.#at += atom.length;
    const whole = new RegExp(`^(?:${atom})$`, this.#flags.replace("m", ""));
    const known = new Map<string, boolean>();
    return {
      kind: "atom",
      holds(character) {
        let holds = known.get(character);
        if (holds === undefined) known.set(character, (holds = whole.test(character)));
        return holds;
      },
    };
  }
}

class TooMany extends Error {}

/** Matches as a backtracking engine does; `steps` is how many characters it looked at. */
class Walker {
  steps = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  match(node: Node, at: number, then: (at: number) => boolean): boolean {
    switch (node.kind) {
      case "atom": {
        this.steps += 1;
        if (this.steps > STEPS_MAX) throw new TooMany();
        const character = this.#text[at];
        return character !== undefined && node.holds(character) && then(at + 1);
      }
      case "place":
        return node.holds(this.#text, at) && then(at);
      case "look":
        return this.#looks(node, at) !== node.negative && then(at);
      case "choice":
        return node.options.some((option) => this.match(option, at, then));
      case "row":
        return this.#row(node.items, 0, at, then);
      case "repeat":
      default:
        return this.#repeat(node, 0, at, then);
    }
  }

  #row(items: readonly Node[], index: number, at: number, then: (at: number) => boolean): boolean {
    const item = items[index];
    if (item === undefined) return then(at);
    return this.match(item, at, (end) => this.#row(items, index + 1, end, then));
  }

  #repeat(
    node: Extract<Node, { kind: "repeat" }>,
    count: number,
    at: number,
    then: (at: number) => boolean,
  ): boolean {
    const more = (): boolean =>
      count < node.most &&
      this.match(node.item, at, (end) =>
        end === at && count >= node.least ? false : this.#repeat(node, count + 1, end, then),
      );
    if (count < node.least) return more();
    return node.lazy ? then(at) || more() : more() || then(at);
  }

  #looks({ item, ahead }: Extract<Node, { kind: "look" }>, at: number): boolean {
    if (ahead) return this.match(item, at, () => true);
    for (let from = at; from >= Math.max(0, at - LOOK_BEHIND_MAX); from -= 1)
      if (this.match(item, from, (end) => end === at)) return true;
    return false;
  }
}

/** A shortest text that a node takes, nearly: what stands before a repeat must be there to reach it. */
function sample(node: Node | undefined): string {
  switch (node?.kind) {
    case "atom":
      return ALPHABET.find(node.holds) ?? "";
    case "row":
      return node.items.map(sample).join("");
    case "choice":
      return sample(node.options[0]);
    case "repeat":
      return sample(node.item).repeat(node.least);
    case "place":
    case "look":
    case undefined:
    default:
      return "";
  }
}

interface Pump {
  prefix: string;
  units: readonly string[];
}

type Atom = Extract<Node, { kind: "atom" }>;

function atomsOf(node: Node): Atom[] {
  if (node.kind === "atom") return [node];
  if (node.kind === "row") return node.items.flatMap(atomsOf);
  if (node.kind === "choice") return node.options.flatMap(atomsOf);
  return node.kind === "repeat" ? atomsOf(node.item) : [];
}

/** Every character that one of some atoms takes, one for all that the same atoms of others take. */
function kindsOf(some: readonly Atom[], all: readonly Atom[]): string[] {
  const kinds = new Map<string, string>();
  for (const character of ALPHABET) {
    if (!some.some((atom) => atom.holds(character))) continue;
    const takers = all.map((atom) => (atom.holds(character) ? "1" : "0")).join("");
    if (!kinds.has(takers)) kinds.set(takers, character);
  }
  return [...kinds.values()];
}

/** Where a pattern can be pumped: at each of its repeats without an end, behind what leads there. */
function pumpsOf(node: Node, prefix: string, whole: Node): Pump[] {
  if (node.kind === "choice") return node.options.flatMap((one) => pumpsOf(one, prefix, whole));
  if (node.kind === "row")
    return node.items.flatMap((item, index) =>
      pumpsOf(item, prefix + node.items.slice(0, index).map(sample).join(""), whole),
    );
  if (node.kind !== "repeat") return [];
  const inner = pumpsOf(node.item, prefix, whole);
  if (node.most < Infinity) return inner;
  const atoms = atomsOf(node.item);
  const own = kindsOf(atoms, atoms);
  const units = new Set([
    ...kindsOf(atoms, atomsOf(whole)),
    sample(node.item),
    ...own.map((one) => one + (own[0] ?? "")),
  ]);
  units.delete("");
  return [{ prefix, units: [...units] }, ...inner];
}

/** Steps of a match at one place of a text, or of a search from its first `starts` places on. */
function stepsOf(node: Node, text: string, starts = 1): number {
  const walker = new Walker(text);
  try {
    for (let at = 0; at < starts; at += 1) if (walker.match(node, at, () => true)) break;
  } catch (error) {
    if (!(error instanceof TooMany)) throw error;
    return Infinity;
  }
  return walker.steps;
}

/** What ends a pumped text: nothing that goes on, so that every way of reading it is tried. */
const ENDS = ["\u0001", "!", "\n"] as const;

/** Every text that pumps a pattern, with its unit repeated up to a length. */
function* pumped(node: Node): Generator<{ name: string; long: (chars: number) => string }> {
  for (const { prefix, units } of pumpsOf(node, "", node))
    for (const unit of units)
      for (const end of ENDS)
        yield {
          name: JSON.stringify(prefix + unit),
          long: (chars) => prefix + unit.repeat(Math.ceil(chars / unit.length)) + end,
        };
}

/**
 * The pumped texts of a pattern whose steps, from the first character on, grow faster than they do:
 * twice the text, more than two and a half times the steps. Empty when it is linear.
 */
export function growsFaster(source: string, flags: string, chars = 160): string[] {
  const node = new Parser(source, flags).parse();
  const found: string[] = [];
  for (const { name, long } of pumped(node)) {
    const once = stepsOf(node, long(chars));
    const twice = stepsOf(node, long(chars * 2));
    if (twice === Infinity || twice > once * 2.5 + chars)
      found.push(`${name}: ${once}, ${twice} steps`);
  }
  return found;
}

/** So long a text is short enough to be searched from every place of it, and long enough ... */
const SEARCH_CHARS = 24;
/** ... for most patterns: repeats with a bound look like ones without until the text is longer. */
const LONG_SEARCH_CHARS = 72;

/**
 * The first pumped text in which a search, which begins a match at every place, takes more than the square
 * of their length: twice the text, more than five times the steps. A match that is linear from each
 * place comes to the square at most.
 */
export function searchGrowsFaster(source: string, flags: string): string | undefined {
  const node = new Parser(source, flags).parse();
  const growth = (long: (chars: number) => string, chars: number): string | undefined => {
    const [text, double] = [long(chars), long(chars * 2)];
    const once = stepsOf(node, text, text.length);
    const twice = stepsOf(node, double, double.length);
    return twice === Infinity || twice > once * 5 + chars ? `${once}, ${twice} steps` : undefined;
  };
  for (const { name, long } of pumped(node)) {
    if (growth(long, SEARCH_CHARS) === undefined) continue;
    const steps = growth(long, LONG_SEARCH_CHARS);
    if (steps !== undefined) return `${name}: ${steps}`;
  }
  return undefined;
}
