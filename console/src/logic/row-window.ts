/** Which rows of a long list are worth drawing. */

export interface RowWindow {
  /** The first row drawn. */
  first: number;
  /** One past the last row drawn. */
  end: number;
  /** Pixels above the first row. */
  offset: number;
  /** Pixels of the whole list. */
  height: number;
}

/** Browsers lose precision past some millions of pixels; so many rows are reached by filters. */
const heightMax = 8_000_000;

/** The rows in view, and a few beyond both edges so that scrolling shows no gap. */
export function rowWindow(view: {
  scrollTop: number;
  height: number;
  rowHeight: number;
  rows: number;
  extra?: number;
}): RowWindow {
  const { rowHeight } = view;
  const extra = view.extra ?? 8;
  const rows = Math.min(view.rows, Math.floor(heightMax / rowHeight));
  const top = Math.min(Math.max(view.scrollTop, 0), Math.max(rows * rowHeight - view.height, 0));
  const first = Math.max(Math.floor(top / rowHeight) - extra, 0);
  const end = Math.min(Math.ceil((top + view.height) / rowHeight) + extra, rows);
  return { first, end: Math.max(end, first), offset: first * rowHeight, height: rows * rowHeight };
}
