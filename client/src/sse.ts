/**
 * Reads server-sent events (the WHATWG HTML standard, section 9.2.6) out of bytes, however the network cut them:
 * inside a line end, inside a character.
 */

export interface ServerEvent {
  /** The event's name; `message` when it has none. */
  event: string;
  data: string;
}

export interface SseReader {
  /** The events that `bytes` complete. */
  push(bytes: Uint8Array): ServerEvent[];
  /** What is left at the end: an event whose blank line never came. */
  end(): ServerEvent[];
}

export function createSseReader(): SseReader {
  const decoder = new TextDecoder();
  let rest = "";
  let name = "";
  let data: string[] = [];

  function flush(events: ServerEvent[]): void {
    if (data.length > 0) events.push({ event: name || "message", data: data.join("\n") });
    name = "";
    data = [];
  }

  function line(text: string, events: ServerEvent[]): void {
    if (text === "") {
      flush(events);
      return;
    }
    const colon = text.indexOf(":");
    const field = colon === -1 ? text : text.slice(0, colon);
    const value = colon === -1 ? "" : text.slice(colon + (text[colon + 1] === " " ? 2 : 1));
    if (field === "data") data.push(value);
    if (field === "event") name = value;
  }

  function take(text: string, last: boolean): ServerEvent[] {
    const events: ServerEvent[] = [];
    rest += text;
    let start = 0;
    for (let at = 0; at < rest.length; at += 1) {
      const char = rest[at];
      if (char !== "\n" && char !== "\r") continue;
      // A return at the very end may be half of a pair: the next bytes tell.
      if (char === "\r" && at + 1 === rest.length && !last) break;
      line(rest.slice(start, at), events);
      if (char === "\r" && rest[at + 1] === "\n") at += 1;
      start = at + 1;
    }
    rest = rest.slice(start);
    if (last) {
      if (rest !== "") line(rest, events);
      rest = "";
      flush(events);
    }
    return events;
  }

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true }), false),
    end: () => take(decoder.decode(), true),
  };
}
