/** Loads something for a page: what there is stays on screen while newer is on its way. */
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "./api.ts";

export interface Loaded<T> {
  data: T | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
  reload: () => void;
}

interface State<T> {
  key: string;
  data?: T;
  error?: ApiError;
  busy: boolean;
}

/** `load` runs anew whenever `key` changes or `reload` is called; the last one asked wins. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<State<T>>({ key, busy: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const controller = new AbortController();
    setState((old) => (old.key === key ? { ...old, busy: true } : { key, busy: true }));
    latest.current(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ key, data, busy: false });
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        const shown = error instanceof ApiError ? error : new ApiError(-1, "failed", String(error));
        setState((old) => ({ ...old, key, error: shown, busy: false }));
      },
    );
    return () => controller.abort();
  }, [key, turn]);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const current: State<T> = state.key === key ? state : { key, busy: true };
  return {
    data: current.data,
    error: current.error,
    isLoading: current.busy,
    reload,
  };
}
