/**
 * What runs on past a match's bound belongs to the match. A key of a megabyte is one placeholder:
 * its bound is what a stream holds back, and the rest is swallowed as it comes.
 */
import { ALNUM, is } from "./kit/chars.ts";
import { cutTo, type Match } from "./match.ts";

/** Winners after swallowing, and what is still being swallowed at the end of the text. */
export interface Swallowed {
  winners: Match[];
  /** How far the text before the first winner was swallowed by an earlier match. */
  skipTo: number;
  /** The run still open where the final text ends: its extra characters, or "" for none. */
  open: string;
}

/** `extra` has a leading mark, so that a run of letters and digits alone is not the empty string. */
function runEnd(text: string, from: number, to: number, extra: string): number {
  const signs = new Uint8Array(128);
  for (let i = 1; i < extra.length; i += 1) signs[extra.charCodeAt(i)] = 1;
  let end = from;
  while (end < to) {
    const code = text.charCodeAt(end);
    if (!is(code, ALNUM) && signs[code] !== 1) break;
    end += 1;
  }
  return end;
}

/** Extends winners over their runs; `open` is a run left over before `from`. */
export function swallow(
  winners: Match[],
  text: string,
  to: number,
  open: string,
  from: number,
): Swallowed {
  // Hardly any match runs on past its bound: then there is nothing to do.
  if (open === "" && winners.every(({ runsOn }) => runsOn === undefined))
    return { winners, skipTo: from, open };
  const kept: Match[] = [];
  let run = open;
  let taken = open === "" ? from : runEnd(text, from, to, open);
  const skipTo = taken;
  if (taken < to) run = "";
  for (const match of winners) {
    if (match.end <= taken) continue;
    if (match.start < taken) kept.push(cutTo(match, taken, match.end));
    else if (match.runsOn !== undefined && match.enforced) {
      taken = runEnd(text, match.end, to, match.runsOn);
      run = taken === to ? match.runsOn : "";
      kept.push(cutTo(match, match.start, taken));
    } else kept.push(match);
  }
  return { winners: kept, skipTo, open: run };
}
