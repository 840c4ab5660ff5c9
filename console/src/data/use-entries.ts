/**
 * The entries of a long list: pages as they are scrolled to, the live tail on top of them. The list
 * itself is mutable, because it can hold a hundred thousand entries; `version` tells React of changes.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Filter } from "../logic/filters.ts";
import { RowList } from "../logic/row-list.ts";
import { ApiError } from "./api.ts";
import { filterQuery, readPage, type Entry, type EntryPage } from "./books.ts";
import type { LiveState } from "./tail.ts";
import { useTail } from "./use-tail.ts";

export interface Entries {
  list: RowList<Entry>;
  version: number;
  /** The first page is on its way. */
  isLoading: boolean;
  isLoadingMore: boolean;
  /** Nothing older is left. */
  isWhole: boolean;
  error: ApiError | undefined;
  live: LiveState;
  /** Entries that the server left out of the tail; loading anew brings them. */
  skipped: number;
  more: () => void;
  reload: () => void;
  hold: (isHeld: boolean) => void;
}

const pageSize = 200;
/** What is asked for when the tail stands: what happened between a page's answer and that. */
const catchUpSize = 50;

interface Progress {
  isLoading: boolean;
  isLoadingMore: boolean;
  cursor: string | null | undefined;
  error: ApiError | undefined;
}

const started: Progress = {
  isLoading: true,
  isLoadingMore: false,
  cursor: undefined,
  error: undefined,
};

function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(-1, "failed", String(error));
}

/** Pages of a filter, from the newest on; loading anew begins again. */
function usePages(key: string, filter: Filter, list: RowList<Entry>, bump: () => void) {
  const [progress, setProgress] = useState<Progress>(started);
  const [turn, setTurn] = useState(0);
  const latest = useRef(filter);
  latest.current = filter;
  const controller = useRef<AbortController>(undefined);
  const load = useCallback(
    async (cursor: string | undefined): Promise<void> => {
      const signal = controller.current?.signal ?? new AbortController().signal;
      try {
        const page = await readFilled(latest.current, cursor, signal);
        if (signal.aborted) return;
        list.add(page.events);
        setProgress({ ...started, isLoading: false, cursor: page.nextCursor });
        bump();
      } catch (error) {
        if (signal.aborted) return;
        const idle = { isLoading: false, isLoadingMore: false };
        setProgress((old) => ({ ...old, ...idle, error: toApiError(error) }));
      }
    },
    [list, bump],
  );
  useEffect(() => {
    controller.current = new AbortController();
    list.clear();
    setProgress(started);
    void load(undefined);
    return () => controller.current?.abort();
  }, [key, turn, list, load]);
  const more = useCallback(() => {
    const { isLoading, isLoadingMore, cursor, error } = progress;
    if (isLoading || isLoadingMore || error !== undefined || typeof cursor !== "string") return;
    setProgress((old) => ({ ...old, isLoadingMore: true }));
    void load(cursor);
  }, [progress, load]);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const catchUp = useCallback(async (): Promise<void> => {
    const signal = controller.current?.signal;
    if (signal === undefined) return;
    const options = { limit: catchUpSize, signal };
    const page = await readPage(latest.current, options).catch(() => undefined);
    if (page === undefined || signal.aborted) return;
    // Without an entry in common there may be more between them than was asked for.
    if (list.size > 0 && page.nextCursor !== null && !list.overlaps(page.events)) return reload();
    list.live(page.events);
    bump();
  }, [list, bump, reload]);
  /** The oldest were cut off: whoever scrolls down to them asks for them again. */
  const forget = useCallback(() => setProgress((old) => ({ ...old, cursor: list.oldest })), [list]);
  return { progress, more, reload, catchUp, forget, turn };
}

/** Pages may be empty and yet not the last: the server bounds what one question looks at. */
async function readFilled(
  filter: Filter,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<EntryPage> {
  let next = cursor;
  for (;;) {
    const page = await readPage(filter, { cursor: next, limit: pageSize, signal });
    if (page.events.length > 0 || page.nextCursor === null) return page;
    next = page.nextCursor;
  }
}

/** Follows a filter; `key` is its text. */
export function useEntries(key: string, filter: Filter, isLive: boolean): Entries {
  const [list] = useState(() => new RowList<Entry>());
  const [version, setVersion] = useState(0);
  const [skipped, setSkipped] = useState(0);
  const bump = useCallback(() => setVersion((old) => old + 1), []);
  const { progress, more, reload, catchUp, forget, turn } = usePages(key, filter, list, bump);
  useEffect(() => setSkipped(0), [key, turn]);
  const live = useTail(
    filterQuery(filter),
    {
      entries: (entries) => {
        list.live(entries);
        if (list.trim()) forget();
        bump();
      },
      skipped: (count) => setSkipped((old) => old + count),
      opened: () => void catchUp(),
    },
    isLive,
  );
  const hold = useCallback(
    (isHeld: boolean) => {
      if (list.isHeld === isHeld) return;
      list.isHeld = isHeld;
      if (!isHeld && list.hasLost) reload();
      else if (!isHeld) list.release();
      bump();
    },
    [list, bump, reload],
  );
  const { isLoading, isLoadingMore, error } = progress;
  const isWhole = progress.cursor === null;
  const state = { isLoading, isLoadingMore, isWhole, error, live, skipped };
  return { list, version, ...state, more, reload, hold };
}
