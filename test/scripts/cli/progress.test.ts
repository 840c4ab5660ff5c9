import { expect, test } from "vitest";
import { progressOn } from "../../../scripts/cli/progress.ts";

/** A terminal of one line: a carriage return goes back to its beginning, and what is written stays. */
class Terminal {
  readonly isTTY: boolean;
  writes = 0;
  #line: string[] = [];
  #column = 0;

  constructor(isTTY = true) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.writes += 1;
    for (const char of text) {
      if (char === "\r") this.#column = 0;
      else this.#line[this.#column++] = char;
    }
  }

  /** What somebody sees. */
  get seen(): string {
    return this.#line.join("").trimEnd();
  }
}

function shownOn(terminal: Terminal) {
  let at = 5_000;
  const progress = progressOn(terminal, () => at);
  return { progress, pass: (ms: number) => (at += ms) };
}

test("the line says how many events were read, and how many a second", () => {
  const terminal = new Terminal();
  const { progress, pass } = shownOn(terminal);
  pass(2_000);
  progress.show(400_000);
  expect(terminal.seen).toBe("400,000 events, 200,000/s");
});

test("nothing of a longer line stays behind a shorter one, and nothing at all in the end", () => {
  const terminal = new Terminal();
  const { progress, pass } = shownOn(terminal);
  pass(100);
  progress.show(1_000_000);
  expect(terminal.seen).toBe("1,000,000 events, 10,000,000/s");
  pass(9_900);
  progress.show(1_000_001);
  expect(terminal.seen).toBe("1,000,001 events, 100,000/s");
  progress.end();
  expect(terminal.seen).toBe("");
});

test("the line is written ten times a second at most, and the first time at once", () => {
  const terminal = new Terminal();
  const { progress, pass } = shownOn(terminal);
  progress.show(1);
  expect(terminal.seen).toBe("1 events");
  for (let ms = 0; ms < 1_000; ms += 1) {
    pass(1);
    progress.show(ms);
  }
  expect(terminal.writes).toBe(11);
});

test("nothing is written where nobody looks, or where nothing was shown", () => {
  const pipe = new Terminal(false);
  const { progress, pass } = shownOn(pipe);
  pass(1_000);
  progress.show(10);
  progress.end();
  const terminal = new Terminal();
  shownOn(terminal).progress.end();
  expect([pipe.writes, terminal.writes]).toEqual([0, 0]);
});
