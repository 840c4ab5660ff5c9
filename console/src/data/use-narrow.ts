/** Whether the screen is narrow: what CSS cannot hide without changing a grid's columns. */
import { useSyncExternalStore } from "react";

const query = matchMedia("(max-width: 800px)");

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => query.matches,
  );
}
