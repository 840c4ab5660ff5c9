/** Addresses: where the console is, and how it goes somewhere else without loading anew. */
import { useCallback, useSyncExternalStore, type MouseEvent } from "react";

const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("popstate", tell);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("popstate", tell);
  };
}

/** The address's path and query, kept up to date. */
export function useAddress(): { path: string; search: string } {
  const text = useSyncExternalStore(subscribe, () => `${location.pathname}${location.search}`);
  const [path = "", search = ""] = text.split(/(?=\?)/);
  return { path, search };
}

/** Goes to an address of the console. */
export function go(address: string, options: { replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  tell();
}

/** What a link needs to be followed here; a new tab or window stays the browser's matter. */
export function useLink(address: string) {
  const onClick = useCallback(
    (event: MouseEvent) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      go(address);
    },
    [address],
  );
  return { href: address, onClick };
}

/** Changes one parameter of the address; `undefined` takes it away. */
export function setParam(name: string, value: string | undefined): void {
  const params = new URLSearchParams(location.search);
  if (value === undefined) params.delete(name);
  else params.set(name, value);
  const search = params.size === 0 ? "" : `?${params}`;
  go(`${location.pathname}${search}`, { replace: true });
}
