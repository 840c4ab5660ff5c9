/** What the long lists show of an entry, by column. */
import type { ReactNode } from "react";
import type { Entry } from "../data/books.ts";
import { actSentence } from "../logic/acts.ts";
import { clock, count, dateTime, duration, usd } from "../logic/format.ts";
import { Dlp, Outcome } from "../ui/outcome.tsx";

export interface Column {
  title: string;
  /** The column's width, as CSS grid takes it. */
  width: string;
  show: (entry: Entry) => ReactNode;
  isEnd?: boolean;
  /** Left out on narrow screens. */
  isWide?: boolean;
}

const startOfDay = new Date().setHours(0, 0, 0, 0);

function When({ at }: { at: number }) {
  const text = at >= startOfDay ? clock(at) : dateTime(at).slice(5);
  return <span title={dateTime(at)}>{text}</span>;
}

function modelOf(entry: Entry): ReactNode {
  if (entry.kind === "refusals")
    return `${count(entry.count ?? 0)} more, all ${entry.code ?? "refused"}`;
  const { modelAsked = "–", modelServed } = entry;
  if (modelServed === undefined || modelServed === modelAsked) return modelAsked;
  return `${modelAsked} → ${modelServed}`;
}

const tokensOf = (entry: Entry): string =>
  entry.inputTokens === undefined
    ? ""
    : `${count(entry.inputTokens)} / ${count(entry.outputTokens ?? 0)}`;

export const requestColumns: readonly Column[] = [
  { title: "Time", width: "minmax(62px, 104px)", show: ({ at }) => <When at={at} /> },
  {
    title: "Outcome",
    width: "84px",
    show: ({ outcome }) => <Outcome outcome={outcome} />,
  },
  { title: "User", width: "minmax(36px, 1fr)", show: ({ user }) => user },
  { title: "Model", width: "minmax(140px, 1.6fr)", show: modelOf, isWide: true },
  { title: "Provider", width: "84px", show: ({ provider }) => provider ?? "", isWide: true },
  { title: "In / out", width: "84px", show: tokensOf, isEnd: true, isWide: true },
  {
    title: "Cost",
    // The smallest that is shown, `$0.000000001`, still fits.
    width: "92px",
    show: ({ costNanos }) => (costNanos === undefined ? "" : usd(costNanos)),
    isEnd: true,
  },
  {
    title: "Latency",
    width: "64px",
    show: ({ latencyMs }) => (latencyMs === undefined ? "" : duration(latencyMs)),
    isEnd: true,
    isWide: true,
  },
  {
    title: "First byte",
    width: "70px",
    show: ({ firstByteMs }) => (firstByteMs === undefined ? "" : duration(firstByteMs)),
    isEnd: true,
    isWide: true,
  },
  { title: "Data rules", width: "96px", show: ({ dlp }) => <Dlp dlp={dlp} />, isWide: true },
];

function whatOf(entry: Entry): string {
  if (entry.kind === "act") return actSentence(entry);
  if (entry.kind === "refusals") return `${count(entry.count ?? 0)} requests refused`;
  if (entry.kind === "request") return `${entry.action} ${entry.modelAsked ?? ""}`;
  return `${entry.action} ${entry.resource ?? ""}`;
}

const kindWords = { request: "request", refusals: "refusals", access: "read", act: "act" } as const;

export const auditColumns: readonly Column[] = [
  { title: "Time", width: "minmax(64px, 104px)", show: ({ at }) => <When at={at} /> },
  { title: "Who", width: "minmax(70px, 0.6fr)", show: ({ user }) => user || "the system" },
  { title: "Kind", width: "72px", show: ({ kind }) => kindWords[kind], isWide: true },
  { title: "What", width: "minmax(120px, 3fr)", show: whatOf },
  {
    title: "Outcome",
    width: "104px",
    show: ({ outcome }) => <Outcome outcome={outcome} />,
    isWide: true,
  },
  { title: "From", width: "120px", show: ({ ip }) => ip ?? "", isWide: true },
];
