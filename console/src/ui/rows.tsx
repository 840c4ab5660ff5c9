/** A list of any length, of which only the rows in view are drawn. Each row is a link. */
import {
  useCallback,
  useEffect,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
} from "react";
import type { Entries } from "../data/use-entries.ts";
import { useNarrow } from "../data/use-narrow.ts";
import { useLink } from "../data/router.ts";
import type { Entry } from "../data/books.ts";
import { pathOf } from "../logic/address.ts";
import { dateTime } from "../logic/format.ts";
import { rowWindow } from "../logic/row-window.ts";
import type { Column } from "../pages/entry-columns.tsx";

const ROW_HEIGHT = 40;

function Row(props: { entry: Entry; row: number; columns: readonly Column[] }) {
  const { entry, row, columns } = props;
  const link = useLink(pathOf("requests", entry.id));
  return (
    <a
      className="row"
      role="row"
      data-row={row}
      aria-rowindex={row + 2}
      aria-label={`${dateTime(entry.at)}, ${entry.user || "the system"}, ${entry.action}, ${entry.outcome}`}
      style={{ top: row * ROW_HEIGHT }}
      {...link}
    >
      {columns.map(({ title, show, isEnd }) => (
        <span key={title} role="cell" className={isEnd ? "end" : undefined}>
          {show(entry)}
        </span>
      ))}
    </a>
  );
}

/** The arrow keys, Home and End go from row to row, also to those that are not drawn yet. */
function useRowKeys(box: { current: HTMLDivElement | null }, rows: number) {
  /** The row to go to once it is drawn. */
  const goal = useRef<number>(undefined);
  const focusGoal = useCallback(() => {
    const row = box.current?.querySelector<HTMLElement>(`[data-row="${goal.current}"]`);
    if (row == null) return;
    goal.current = undefined;
    row.focus({ preventScroll: true });
  }, [box]);
  useEffect(focusGoal);
  return useCallback(
    (event: KeyboardEvent) => {
      const element = box.current;
      const current = Number((event.target as HTMLElement).dataset["row"] ?? Number.NaN);
      if (element === null || Number.isNaN(current)) return;
      const steps: Record<string, number> = {
        ArrowDown: current + 1,
        ArrowUp: current - 1,
        PageDown: current + 10,
        PageUp: current - 10,
        Home: 0,
        End: rows - 1,
      };
      const wanted = steps[event.key];
      if (wanted === undefined) return;
      event.preventDefault();
      const next = Math.min(Math.max(wanted, 0), rows - 1);
      const top = next * ROW_HEIGHT;
      const view = element.clientHeight - ROW_HEIGHT * 2;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top > element.scrollTop + view) element.scrollTop = top - view;
      goal.current = next;
      focusGoal();
    },
    [box, rows, focusGoal],
  );
}

/** What of the list is in view, kept up to date; tells whether its top is. */
function useView(box: { current: HTMLDivElement | null }, onTop: (isAtTop: boolean) => void) {
  const [view, setView] = useState({ scrollTop: 0, height: 600 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => {
      setView({ scrollTop: element.scrollTop, height: element.clientHeight });
      onTop(element.scrollTop < ROW_HEIGHT);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, [box, onTop]);
  return view;
}

export function Rows(props: {
  entries: Entries;
  columns: readonly Column[];
  label: string;
  onTop: (isAtTop: boolean) => void;
}) {
  const { entries, onTop } = props;
  const { list, more } = entries;
  const box = useRef<HTMLDivElement>(null);
  const view = useView(box, onTop);
  const isNarrow = useNarrow();
  const columns = isNarrow ? props.columns.filter(({ isWide }) => !isWide) : props.columns;
  const rows = list.size;
  const shown = rowWindow({ ...view, rowHeight: ROW_HEIGHT, rows });
  useEffect(() => {
    if (shown.end + 30 >= rows) more();
  }, [shown.end, rows, more]);
  const onKeyDown = useRowKeys(box, rows);
  const drawn = [];
  for (let row = shown.first; row < shown.end; row += 1) {
    const entry = list.at(row);
    if (entry !== undefined)
      drawn.push(<Row key={entry.id} entry={entry} row={row} columns={columns} />);
  }
  const style = { "--row-columns": columns.map(({ width }) => width).join(" ") } as CSSProperties;
  return (
    <div
      className="rows"
      ref={box}
      role="table"
      aria-label={props.label}
      aria-rowcount={entries.isWhole ? rows + 1 : -1}
      style={style}
      onKeyDown={onKeyDown}
    >
      <div className="rows-head" role="row" aria-rowindex={1}>
        {columns.map(({ title, isEnd }) => (
          <span key={title} role="columnheader" className={isEnd ? "end" : undefined}>
            {title}
          </span>
        ))}
      </div>
      <div className="rows-space" role="rowgroup" style={{ height: shown.height }}>
        {drawn}
      </div>
    </div>
  );
}
