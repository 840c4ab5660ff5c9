/** Light, dark, or as the system says; kept in this browser. */
import { useCallback, useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const KEY = "tallygate.theme";
const listeners = new Set<() => void>();

function readTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Puts the theme on the page: colours follow `color-scheme`, kumo's extras follow `data-mode`. */
export function applyTheme(): void {
  const theme = readTheme();
  const isDark =
    theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  const { dataset } = document.documentElement;
  dataset["theme"] = isDark ? "dark" : "light";
  dataset["mode"] = isDark ? "dark" : "light";
  for (const listener of listeners) listener();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);

/** The theme chosen, whether it is dark at the moment, and how to choose another. */
export function useTheme(): { theme: Theme; isDark: boolean; choose: (theme: Theme) => void } {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => `${readTheme()} ${document.documentElement.dataset["theme"] ?? "light"}`,
  );
  const [theme = "system", shown] = text.split(" ");
  const choose = useCallback((chosen: Theme) => {
    localStorage.setItem(KEY, chosen);
    applyTheme();
  }, []);
  return { theme: theme as Theme, isDark: shown === "dark", choose };
}
