/** Numbers as people read them, each of which copies as it exactly is. */
import type { SumRow } from "../data/books.ts";
import { count, duration, exactUsd, percent, usd } from "../logic/format.ts";
import { Copy } from "./copy.tsx";

export function Count({ value }: { value: number }) {
  return <Copy exact={String(value)}>{count(value)}</Copy>;
}

/** Nano-dollars; copies as decimal dollars. */
export function Dollars({ nanos }: { nanos: number }) {
  return <Copy exact={exactUsd(nanos)}>{usd(nanos)}</Copy>;
}

/** How long something took; copies as milliseconds. */
export function Lasted({ ms }: { ms: number }) {
  return <Copy exact={String(ms)}>{duration(ms)}</Copy>;
}

/** A percentile as the books know it: the bound of the bucket in which it lies. */
export function Bound({ row, column }: { row: SumRow | undefined; column: string }) {
  const value = row?.[column];
  if (typeof value !== "number") return "–";
  return <Copy exact={String(value)}>≤ {duration(value)}</Copy>;
}

/** A share as the books work it out; a dash where there was nothing to share. */
export function Rate({ row, column }: { row: SumRow | undefined; column: string }) {
  const value = row?.[column];
  if (typeof value !== "number") return "–";
  return <Copy exact={String(value)}>{percent(value, 1)}</Copy>;
}
