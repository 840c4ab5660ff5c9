/**
 * Where things are in a JSON text: the line of a path such as `tiers.standard.candidates[0].model`,
 * so that a problem can be shown beside what caused it.
 */

export type Step = string | number;

/** The steps of a path as the policy's validator writes it. */
export function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  for (const part of path.split(".")) {
    const [name = "", ...indices] = part.split("[");
    if (name !== "") steps.push(name);
    for (const index of indices) steps.push(Number.parseInt(index, 10));
  }
  return steps;
}

interface Place {
  /** Zero-based. */
  line: number;
  children: Map<Step, Place>;
}

/** Finds lines in one text. Total: a text that is no JSON has places up to its fault. */
export function jsonPlaces(text: string): { lineOf: (path: string) => number } {
  const root = new PlaceReader(text).read();
  return {
    /** The line of a path, or of the nearest thing around it that is there. Zero-based. */
    lineOf(path) {
      let place = root;
      let steps = stepsOf(path);
      while (steps.length > 0) {
        const found = takeStep(place, steps);
        if (found === undefined) break;
        [place, steps] = found;
      }
      return place.line;
    },
  };
}

/** Names may hold dots themselves (a model's price), so the longest run of steps that fits is taken. */
function takeStep(place: Place, steps: Step[]): [Place, Step[]] | undefined {
  for (let taken = steps.length; taken > 0; taken -= 1) {
    const head = steps.slice(0, taken);
    const key = taken === 1 ? head[0] : head.join(".");
    const child = key === undefined ? undefined : place.children.get(key);
    if (child !== undefined) return [child, steps.slice(taken)];
  }
  return undefined;
}

class PlaceReader {
  readonly #text: string;
  #at = 0;
  #line = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Place {
    return this.#value(this.#line);
  }

  #value(line: number): Place {
    const place: Place = { line, children: new Map() };
    this.#space();
    const opener = this.#text[this.#at];
    if (opener === "{" || opener === "[") this.#children(place, opener === "{" ? "}" : "]");
    else if (opener === '"') this.#string();
    else while (/[^\s,\]}]/.test(this.#text[this.#at] ?? ",")) this.#at += 1;
    return place;
  }

  #children(place: Place, closer: string): void {
    this.#at += 1;
    for (let index = 0; this.#at < this.#text.length; index += 1) {
      this.#space();
      if (this.#text[this.#at] === closer) break;
      const before = this.#at;
      const line = this.#line;
      let key: Step = index;
      if (closer === "}") {
        key = this.#string();
        this.#space();
        if (this.#text[this.#at] === ":") this.#at += 1;
      }
      place.children.set(key, this.#value(line));
      this.#space();
      if (this.#text[this.#at] === ",") this.#at += 1;
      // Broken text: whatever stands there is stepped over, so that reading always ends.
      else if (this.#at === before) this.#at += 1;
    }
    this.#at += 1;
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') return "";
    const start = this.#at;
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      if (this.#text[this.#at] === "\n") return "";
      this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    }
    this.#at += 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      return "";
    }
  }

  #space(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === "\n") this.#line += 1;
      if (char !== "\n" && char !== " " && char !== "\t" && char !== "\r") return;
      this.#at += 1;
    }
  }
}

/** What is wrong with a text as JSON, and on which line (zero-based); `undefined` when it is fine. */
export function jsonFault(text: string): { line: number; message: string } | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : "not JSON";
    const position = /position (\d+)/.exec(message)?.[1];
    const end = position === undefined ? text.length : Number(position);
    const line = text.slice(0, end).split("\n").length - 1;
    return { line, message: message.replace(/ in JSON at position.*$| \(line.*$/, "") };
  }
}
