/** The live tail for a component: opened while it is shown, with callbacks that may change freely. */
import { useEffect, useRef, useState } from "react";
import { openTail, type LiveState, type TailListener } from "./tail.ts";

export type TailHandlers = Partial<Omit<TailListener, "state">>;

/** Follows the tail of a query; returns how the connection is. `key` names the query. */
export function useTail(
  query: Readonly<Record<string, string | number | undefined>>,
  handlers: TailHandlers,
  isOn = true,
): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const latest = useRef(handlers);
  latest.current = handlers;
  const text = JSON.stringify(query);
  useEffect(() => {
    if (!isOn) return undefined;
    setState("connecting");
    return openTail(JSON.parse(text) as typeof query, {
      entries: (entries) => latest.current.entries?.(entries),
      skipped: (count) => latest.current.skipped?.(count),
      opened: (isFirst) => latest.current.opened?.(isFirst),
      state: setState,
    });
  }, [text, isOn]);
  return state;
}

/** Runs `work` soon after it was called, and not again within `everyMs`: for what is costly. */
export function useThrottled(work: () => void, everyMs: number): () => void {
  const latest = useRef(work);
  latest.current = work;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const lastAt = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useRef(() => {
    if (timer.current !== undefined) return;
    const waitMs = Math.max(lastAt.current + everyMs - Date.now(), 400);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      lastAt.current = Date.now();
      latest.current();
    }, waitMs);
  }).current;
}
