/** Reads the requests since a moment, as they stream, into a book of a shared rule's windows. */
import { useEffect, useRef, useState } from "react";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { BusyBook, type SharedRule } from "../logic/busiest.ts";
import { linesOf } from "../logic/ndjson.ts";
import { ApiError, withQuery } from "./api.ts";

export type BusyState =
  | { kind: "reading"; entries: number }
  | { kind: "done"; book: BusyBook }
  | { kind: "stopped"; note: string };

export function useBusiest(rule: SharedRule, since: number) {
  const [state, setState] = useState<BusyState>({ kind: "reading", entries: 0 });
  const controller = useRef<AbortController>(undefined);
  const latest = useRef(rule);
  latest.current = rule;
  useEffect(() => {
    const mine = new AbortController();
    controller.current = mine;
    const read = async (): Promise<void> => {
      const book = new BusyBook(latest.current);
      let entries = 0;
      for await (const entry of linesOf<AuditEntry>(await open(since, mine.signal))) {
        book.take(entry);
        entries += 1;
        if (entries % 500 === 0) setState({ kind: "reading", entries });
      }
      setState({ kind: "done", book });
    };
    read().catch((error: unknown) => {
      if (mine.signal.aborted) return;
      setState({ kind: "stopped", note: error instanceof Error ? error.message : String(error) });
    });
    return () => mine.abort();
  }, [rule.name, since]);
  const stop = (): void => {
    controller.current?.abort();
    setState({ kind: "stopped", note: "Stopped." });
  };
  return { state, stop };
}

async function open(since: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const path = withQuery("/audit/export", { kind: "request", from: since, format: "ndjson" });
  const answer = await fetch(path, { credentials: "same-origin", signal });
  if (answer.ok && answer.body !== null) return answer.body;
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { message?: string } };
  throw new ApiError(answer.status, "failed", error?.message ?? "The requests could not be read.");
}
