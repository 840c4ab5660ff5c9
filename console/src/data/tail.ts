/**
 * The live tail: entries as they happen, over a WebSocket that comes back by itself. What arrives
 * between two frames of the screen is handed over at once, so that no rate of events blocks the page.
 */
import { WebSocket as ReconnectingWebSocket } from "partysocket";
import type { Entry } from "./books.ts";
import { doubtSession, withQuery } from "./api.ts";
import { reportDown, reportFine } from "./connection.ts";

export type LiveState = "connecting" | "live" | "reconnecting";

export interface TailListener {
  entries(entries: Entry[]): void;
  /** Entries that the server left out, because there were more in a second than it sends. */
  skipped(count: number): void;
  state(state: LiveState): void;
  /**
   * The connection stands, for the first time or again. What happened before it stood never comes:
   * whoever asked for it earlier, even a moment ago, asks again.
   */
  opened(isFirst: boolean): void;
}

/** Opens a tail; returns what closes it. */
export function openTail(
  query: Readonly<Record<string, string | number | undefined>>,
  listener: TailListener,
): () => void {
  const url = new URL(withQuery("/audit/tail", query), location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new ReconnectingWebSocket(url.href, [], {
    minReconnectionDelay: 500,
    maxReconnectionDelay: 15_000,
    connectionTimeout: 8_000,
  });
  let waiting: Entry[] = [];
  let frame: number | undefined;
  let wasOpen = false;
  let isClosed = false;
  const flush = (): void => {
    frame = undefined;
    const entries = waiting;
    waiting = [];
    listener.entries(entries);
  };
  socket.addEventListener("message", ({ data }) => {
    const message = readFrame(String(data));
    if (message === undefined) return;
    if ("skipped" in message) listener.skipped(message.skipped);
    else {
      waiting.push(message.entry);
      frame ??= requestAnimationFrame(flush);
    }
  });
  socket.addEventListener("open", () => {
    listener.state("live");
    reportFine(socket);
    const isFirst = !wasOpen;
    wasOpen = true;
    listener.opened(isFirst);
  });
  socket.addEventListener("close", () => {
    if (isClosed) return;
    listener.state(wasOpen ? "reconnecting" : "connecting");
    reportDown(socket, () => socket.reconnect());
    doubtSession();
  });
  return () => {
    reportFine(socket);
    isClosed = true;
    if (frame !== undefined) cancelAnimationFrame(frame);
    socket.close(1000);
  };
}

function readFrame(text: string): { entry: Entry } | { skipped: number } | undefined {
  try {
    return JSON.parse(text) as { entry: Entry } | { skipped: number };
  } catch {
    return undefined;
  }
}
