/**
 * Cuts a stream's text into events. Incremental and linear: each character is looked at once,
 * whatever the chunking. SSE framing is that of the WHATWG HTML standard (section 9.2.6): lines end
 * with LF, CR or CRLF, a blank line ends an event. Unlike a browser's parser it keeps every
 * character in `raw`, comments included, so that an untouched stream is passed on byte for byte.
 */
import { WIRE_EVENT_CHARS_MAX } from "./limits.ts";
import type { Splitter, WireEvent } from "./types.ts";

const LF = 10;
const SPACE = 32;
const COLON = 58;

/** An event longer than the bound: the stream is not what it claims to be. */
export class WireLimitError extends Error {
  override name = "WireLimitError";
  readonly code = "stream_event_too_large";
}

/** Opens a splitter for one stream; `end()` once, after the last push. */
export function openSplitter(framing: "sse" | "ndjson"): Splitter {
  return framing === "sse" ? openSse() : openNdjson();
}

/** Gathers lines across chunks; `onLine` gets each line without its terminator. */
function openLines(onLine: (line: string, raw: string) => void) {
  let held = "";
  let heldRaw = "";
  // A CR at the end of a chunk ends its line at once; an LF that then comes first belongs to it.
  let afterCr = false;
  return {
    push(text: string): void {
      let start = 0;
      let lineFrom = 0;
      if (afterCr && text.charCodeAt(0) === LF) lineFrom = 1;
      if (text.length > 0) afterCr = false;
      let lf = text.indexOf("\n", lineFrom);
      let cr = text.indexOf("\r", lineFrom);
      while (lf !== -1 || cr !== -1) {
        const at = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
        let next = at + 1;
        if (at === cr) {
          if (text.charCodeAt(next) === LF) next += 1;
          else if (next === text.length) afterCr = true;
          cr = text.indexOf("\r", next);
        }
        onLine(held + text.slice(lineFrom, at), heldRaw + text.slice(start, next));
        held = "";
        heldRaw = "";
        start = next;
        lineFrom = next;
        if (lf !== -1 && lf < next) lf = text.indexOf("\n", next);
      }
      held += text.slice(lineFrom);
      heldRaw += text.slice(start);
      checkSize(heldRaw.length);
    },
    end(): { line: string; raw: string } {
      return { line: held, raw: heldRaw };
    },
  };
}

function checkSize(chars: number): void {
  if (chars > WIRE_EVENT_CHARS_MAX) {
    throw new WireLimitError(
      `a stream event passed ${WIRE_EVENT_CHARS_MAX} characters without its end`,
    );
  }
}

function openSse(): Splitter {
  let events: WireEvent[] = [];
  let raw = "";
  let name: string | undefined;
  let data: string | undefined;
  let isFirstLine = true;

  function emit(): void {
    if (raw === "") return;
    events.push(
      name === undefined ? { raw, data: data ?? "" } : { raw, event: name, data: data ?? "" },
    );
    raw = "";
    name = undefined;
    data = undefined;
  }

  function field(line: string): void {
    const colon = line.indexOf(":");
    const end = colon === -1 ? line.length : colon;
    const valueAt = line.charCodeAt(end + 1) === SPACE ? end + 2 : end + 1;
    if (end === 4 && line.startsWith("data")) {
      const value = line.slice(valueAt);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (end === 5 && line.startsWith("event")) {
      name = line.slice(valueAt);
    }
  }

  const lines = openLines((line, lineRaw) => {
    raw += lineRaw;
    checkSize(raw.length);
    let text = line;
    if (isFirstLine) {
      isFirstLine = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    if (text === "") {
      // Blank lines between events stay with the event that follows, so that none is lost.
      if (name !== undefined || data !== undefined || raw.charCodeAt(0) === COLON) emit();
    } else if (text.charCodeAt(0) !== COLON) {
      field(text);
    }
  });

  return {
    push(text) {
      events = [];
      lines.push(text);
      return events;
    },
    end() {
      events = [];
      const rest = lines.end();
      raw += rest.raw;
      if (rest.line !== "" && rest.line.charCodeAt(0) !== COLON) field(rest.line);
      emit();
      return events;
    },
  };
}

function openNdjson(): Splitter {
  let events: WireEvent[] = [];
  let blank = "";
  const lines = openLines((line, raw) => {
    if (line.trim() === "") {
      blank += raw;
      checkSize(blank.length);
      return;
    }
    events.push({ raw: blank + raw, data: line });
    blank = "";
  });
  return {
    push(text) {
      events = [];
      lines.push(text);
      return events;
    },
    end() {
      const rest = lines.end();
      const raw = blank + rest.raw;
      return raw === "" ? [] : [{ raw, data: rest.line.trim() === "" ? "" : rest.line }];
    },
  };
}

/** One SSE event as text. */
export function sseText(data: string, event?: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
