/**
 * Which of many short texts stand in a longer one, told in one walk with one look at a table for each
 * character, however many there are and however alike (Aho and Corasick, 1975).
 */

/** What stands only at the end of a text is written with this behind it. */
const AT_END = "$";

interface Node {
  readonly next: Map<number, number>;
  /** Where to go on when nothing of it goes on. */
  back: number;
}

/** Lower-case texts of ASCII in up to eight lists, sought letter case aside. */
export class Automaton {
  /** By code: which of the characters of all texts it is; 0 for none of them. */
  readonly classes = new Uint8Array(256);
  readonly #width: number;
  /** By state * width + class: the next state, times the width. */
  readonly #next: Uint16Array;
  /** By state: the lists whose texts end there, as bits, and those that do at the end alone. */
  readonly #found: Uint8Array;
  readonly #foundAtEnd: Uint8Array;
  /** By state: the length of the shortest text that ends there; 0 for none. */
  readonly #shortest: Uint8Array;
  /** The same by state times width, as states are counted when they are walked: division takes long. */
  readonly #foundIn: Uint8Array;
  readonly #shortestIn: Uint8Array;

  constructor(...lists: readonly (readonly string[])[]) {
    let width = 1;
    for (const text of lists.flat())
      for (const sign of bare(text)) {
        const code = sign.charCodeAt(0);
        if (this.classes[code] !== 0) continue;
        this.classes[code] = width;
        width += 1;
      }
    for (let code = 65; code <= 90; code += 1) this.classes[code] = this.classes[code + 32] ?? 0;
    this.#width = width;
    const nodes: Node[] = [{ next: new Map(), back: 0 }];
    const most = lists.flat().reduce((sum, text) => sum + text.length, 1);
    this.#found = new Uint8Array(most);
    this.#foundAtEnd = new Uint8Array(most);
    this.#shortest = new Uint8Array(most);
    lists.forEach((texts, list) => {
      for (const text of texts) this.#add(nodes, text, 1 << list);
    });
    this.#next = new Uint16Array(nodes.length * width);
    this.#link(nodes);
    this.#foundIn = new Uint8Array(this.#next.length);
    this.#shortestIn = new Uint8Array(this.#next.length);
    nodes.forEach((_, state) => {
      this.#foundIn[state * width] = this.#found[state] ?? 0;
      this.#shortestIn[state * width] = this.#shortest[state] ?? 0;
    });
  }

  #add(nodes: Node[], text: string, bit: number): void {
    let state = 0;
    for (const sign of bare(text)) {
      const kind = this.classes[sign.charCodeAt(0)] ?? 0;
      let next = nodes[state]?.next.get(kind);
      if (next === undefined) {
        next = nodes.push({ next: new Map(), back: 0 }) - 1;
        nodes[state]?.next.set(kind, next);
      }
      state = next;
    }
    const ends = text.endsWith(AT_END) ? this.#foundAtEnd : this.#found;
    ends[state] = (ends[state] ?? 0) | bit;
    if (ends === this.#found) this.#shortest[state] = text.length;
  }

  /** Fills the table, the shortest beginnings first: what they go back to is known then. */
  #link(nodes: readonly Node[]): void {
    const width = this.#width;
    const queue = [0];
    for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
      const node = nodes[state];
      const back = node?.back ?? 0;
      if (state > 0) this.#inherit(state, back);
      for (let kind = 0; kind < width; kind += 1) {
        const child = node?.next.get(kind);
        const other = state === 0 ? 0 : (this.#next[back * width + kind] ?? 0);
        this.#next[state * width + kind] = child === undefined ? other : child * width;
        const made = child === undefined ? undefined : nodes[child];
        if (child === undefined || made === undefined) continue;
        made.back = other / width;
        queue.push(child);
      }
    }
  }

  #inherit(state: number, back: number): void {
    this.#found[state] = (this.#found[state] ?? 0) | (this.#found[back] ?? 0);
    this.#foundAtEnd[state] = (this.#foundAtEnd[state] ?? 0) | (this.#foundAtEnd[back] ?? 0);
    const shortest = this.#shortest[back] ?? 0;
    if (shortest !== 0) this.#shortest[state] = shortest;
  }

  /** The state past one more folded code; the first state is 0. */
  step(state: number, code: number): number {
    return this.#next[state + (this.classes[code] ?? 0)] ?? 0;
  }

  /** The length of the shortest text that ends in a state; 0 for none. */
  endsIn(state: number): number {
    return this.#shortestIn[state] ?? 0;
  }

  /** The lists, as bits, of which a text stands among so many units, wherever: no end is looked at. */
  among(units: Uint16Array, length: number): number {
    const { classes } = this;
    const next = this.#next;
    const found = this.#foundIn;
    let state = 0;
    let bits = 0;
    for (let i = 0; i < length; i += 1) {
      const unit = units[i] ?? 0;
      state = next[state + (unit < 256 ? (classes[unit] ?? 0) : 0)] ?? 0;
      bits |= found[state] ?? 0;
    }
    return bits;
  }

  /** The lists, as bits, of which a text stands in a name of so many folded codes. */
  within(codes: Uint8Array, length: number): number {
    const { classes } = this;
    const next = this.#next;
    const found = this.#foundIn;
    let state = 0;
    let bits = 0;
    for (let i = 0; i < length; i += 1) {
      state = next[state + (classes[codes[i] ?? 0] ?? 0)] ?? 0;
      bits |= found[state] ?? 0;
    }
    return bits | (this.#foundAtEnd[state / this.#width] ?? 0);
  }
}

/** The same, made when it is first asked for: a table takes a millisecond, and a start has few. */
export function lateAutomaton(...lists: readonly (readonly string[])[]): () => Automaton {
  let made: Automaton | undefined;
  return () => (made ??= new Automaton(...lists));
}

function bare(text: string): string {
  return (text.endsWith(AT_END) ? text.slice(0, -1) : text).toLowerCase();
}
