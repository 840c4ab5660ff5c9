/** The one admin socket of this tab, opened when the first page asks for it. */
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { AdminSocket, type AdminAsk, type AdminState } from "./admin-socket.ts";
import { useLoad, type Loaded } from "./use-load.ts";

let shared: AdminSocket | undefined;

/** The tab's admin socket. */
export function adminSocket(): AdminSocket {
  shared ??= new AdminSocket();
  return shared;
}

/** Closes it: the session has ended. Who signs in next gets another. */
export function closeAdminSocket(): void {
  shared?.close();
  shared = undefined;
}

/** How the connection is. */
export function useAdminState(): AdminState {
  const socket = adminSocket();
  return useSyncExternalStore(
    (listener) => socket.onState(listener),
    () => socket.state,
  );
}

/**
 * Asks the admin socket and asks again when an event of one of the `types` comes by: so what is on
 * screen follows what other admins do.
 */
export function useAdminLoad<T>(command: AdminAsk, types: readonly string[]): Loaded<T> {
  const loaded = useLoad<T>(JSON.stringify(command), () => adminSocket().ask<T>(command));
  const { reload } = loaded;
  useAdminEvents(types, reload);
  return loaded;
}

/** Calls back when an event of one of the types comes by. */
export function useAdminEvents(types: readonly string[], work: () => void): void {
  const latest = useRef({ types, work });
  latest.current = { types, work };
  useEffect(
    () =>
      adminSocket().listen((event) => {
        if (latest.current.types.includes(event.type)) latest.current.work();
      }),
    [],
  );
}

/**
 * As `useAdminEvents`, for what was asked for beside the socket: what happened between that answer
 * and the moment at which the tab's socket stands was told to nobody, so it is asked for again.
 */
export function useAdminNews(types: readonly string[], work: () => void): void {
  useAdminEvents(types, work);
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    const socket = adminSocket();
    if (socket.state === "live") return undefined;
    const stop = socket.onState(() => {
      if (socket.state !== "live") return;
      stop();
      latest.current();
    });
    return stop;
  }, []);
}

/** Runs one command at a time; tells whether it runs and what was wrong. */
export function useCommand(): {
  run: <T>(command: AdminAsk) => Promise<T | undefined>;
  isRunning: boolean;
  error: Error | undefined;
  clear: () => void;
} {
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<Error>();
  return {
    isRunning,
    error,
    clear: () => setError(undefined),
    run: async <T>(command: AdminAsk): Promise<T | undefined> => {
      setRunning(true);
      setError(undefined);
      try {
        return await adminSocket().ask<T>(command);
      } catch (caught) {
        setError(caught instanceof Error ? caught : new Error(String(caught)));
        return undefined;
      } finally {
        setRunning(false);
      }
    },
  };
}
