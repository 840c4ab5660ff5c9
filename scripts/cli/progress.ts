/** One line on a terminal that counts up, and is gone in the end. */

/** Where a line is shown: `process.stderr`, or what stands for it. */
export interface LineOutput {
  /** Whether somebody looks: elsewhere nothing is written. */
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface Progress {
  /** Shows how many events were read so far. */
  show(events: number): void;
  /** Takes the line away. */
  end(): void;
}

/** A line is not written more often: a terminal takes time, too. */
const everyMs = 100;

/** Counts events from now on; `now` is a clock that only rises, milliseconds. */
export function progressOn(output: LineOutput, now: () => number): Progress {
  const isShown = output.isTTY === true;
  const startedAt = now();
  let shownAt = -Infinity;
  let width = 0;
  return {
    show(events) {
      const at = now();
      if (!isShown || at - shownAt < everyMs) return;
      shownAt = at;
      const seconds = (at - startedAt) / 1000;
      const rate = seconds > 0 ? `, ${Math.round(events / seconds).toLocaleString("en")}/s` : "";
      const line = `${events.toLocaleString("en")} events${rate}`;
      // A line that is shorter than the one before is filled up, or the end of that would stay.
      output.write(`\r${line.padEnd(width)}`);
      width = line.length;
    },
    end() {
      if (width > 0) output.write(`\r${" ".repeat(width)}\r`);
      width = 0;
    },
  };
}
