/** Whether what is on screen can be trusted to be new: the sockets of this tab, and the network. */
import { useSyncExternalStore } from "react";

type Retry = () => void;

/** Sockets that are down, with the way to try them at once. */
const down = new Map<object, { since: number; retry: Retry }>();
const listeners = new Set<() => void>();
let shown: ConnectionState = { kind: "fine" };

export type ConnectionState = { kind: "fine" } | { kind: "lost"; since: number };

function tell(): void {
  const since = Math.min(...[...down.values()].map((each) => each.since));
  shown = down.size === 0 ? { kind: "fine" } : { kind: "lost", since };
  for (const listener of listeners) listener();
}

/** A socket lost its connection. */
export function reportDown(socket: object, retry: Retry): void {
  if (down.has(socket)) return;
  down.set(socket, { since: Date.now(), retry });
  tell();
}

/** A socket stands, or nobody needs it any more. */
export function reportFine(socket: object): void {
  if (down.delete(socket)) tell();
}

/** Tries every lost connection now. */
export function retryAll(): void {
  for (const { retry } of down.values()) retry();
}

export function useConnection(): ConnectionState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
