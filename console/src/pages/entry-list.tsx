/** A filtered, live, endless list of audit entries. */
import { Button } from "@cloudflare/kumo/components/button";
import { Pause, Play } from "@phosphor-icons/react";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import { useAddress } from "../data/router.ts";
import { useEntries, type Entries } from "../data/use-entries.ts";
import {
  conditions,
  readFilter,
  writeFilter,
  type FilterField,
  type Filter,
  type Kind,
} from "../logic/filters.ts";
import { count } from "../logic/format.ts";
import { FilterBar } from "../ui/filter-bar.tsx";
import { LiveBadge } from "../ui/page.tsx";
import { Rows } from "../ui/rows.tsx";
import { Failure, Nothing, Skeleton } from "../ui/states.tsx";
import type { Column } from "./entry-columns.tsx";
import { SavedViews } from "./saved-views.tsx";

function Foot({ entries }: { entries: Entries }) {
  const { list, isWhole, isLoadingMore, skipped, error } = entries;
  return (
    <div className="list-foot">
      <span role="status">
        {count(list.size)} loaded
        {isWhole ? ", that is all" : isLoadingMore ? ", loading more …" : ""}
        {error === undefined ? "" : `; ${error.message}`}
      </span>
      {skipped > 0 ? (
        <button type="button" className="copy" onClick={entries.reload}>
          {count(skipped)} came too fast to follow: load anew
        </button>
      ) : null}
    </div>
  );
}

function Body(props: {
  entries: Entries;
  columns: readonly Column[];
  filter: Filter;
  empty: string;
  onTop: (isAtTop: boolean) => void;
  onFollow: () => void;
}) {
  const { entries, filter } = props;
  const { list, error } = entries;
  if (list.size === 0) {
    if (error !== undefined) return <Failure error={error} onRetry={entries.reload} />;
    if (entries.isLoading) return <Skeleton lines={8} height={20} />;
    if (list.waiting === 0) {
      return (
        <Nothing title={props.empty}>
          {conditions(filter) > 0
            ? "Loosen the filter, or wait: what fits shows up by itself."
            : "Send one: it shows up by itself."}
        </Nothing>
      );
    }
  }
  return (
    <div className="list-frame">
      {list.waiting > 0 ? (
        <div className="new-rows">
          <Button size="sm" variant="primary" onClick={props.onFollow}>
            {count(list.waiting)} new
          </Button>
        </div>
      ) : null}
      <Rows entries={entries} columns={props.columns} label={props.empty} onTop={props.onTop} />
    </div>
  );
}

export function EntryList(props: {
  kind?: Kind;
  columns: readonly Column[];
  fields: readonly FilterField[];
  more: readonly FilterField[];
  empty: string;
  side?: (filter: Filter) => ReactNode;
}) {
  const { search } = useAddress();
  const { kind } = props;
  const filter = useMemo(
    () => (kind === undefined ? readFilter(search) : { ...readFilter(search), kind }),
    [search, kind],
  );
  const key = writeFilter(filter);
  // A list that ends in the past has nothing to follow.
  const isLive = filter.to === undefined;
  const entries = useEntries(key, filter, isLive);
  const [isPaused, setPaused] = useState(false);
  const { hold, version } = entries;
  const onTop = useCallback((isAtTop: boolean) => hold(isPaused || !isAtTop), [hold, isPaused]);
  const follow = (): void => {
    setPaused(false);
    document.querySelector(".rows")?.scrollTo({ top: 0 });
    hold(false);
  };
  const pause = (): void => {
    setPaused(true);
    hold(true);
  };
  return (
    <section className="card" data-version={version}>
      <div className="card-head">
        <LiveBadge state={isLive ? (isPaused ? "paused" : entries.live) : "paused"} />
        <div className="toolbar">
          <SavedViews filter={filter} kind={kind} />
          {props.side?.(filter)}
          {isLive ? (
            <Button
              size="sm"
              icon={isPaused ? <Play size={14} /> : <Pause size={14} />}
              onClick={isPaused ? follow : pause}
            >
              {isPaused ? "Follow" : "Pause"}
            </Button>
          ) : null}
        </div>
      </div>
      <FilterBar filter={filter} fields={props.fields} more={props.more} />
      <Body
        entries={entries}
        columns={props.columns}
        filter={filter}
        empty={props.empty}
        onTop={onTop}
        onFollow={follow}
      />
      <Foot entries={entries} />
    </section>
  );
}
