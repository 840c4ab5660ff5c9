/** Asking what a draft would have changed: told as it goes, stopped at will. */
import { useEffect, useRef, useState } from "react";
import type { WhatIfFrame } from "#actors/ledger/what-if.ts";
import type { WhatIfResult } from "#projections/what-if/result.ts";
import { linesOf } from "../logic/ndjson.ts";
import { ApiError } from "./api.ts";

export type WhatIfState =
  | { kind: "idle"; note?: string }
  | { kind: "running"; done: number; of: number }
  | { kind: "done"; result: WhatIfResult };

interface Asked {
  document: unknown;
  from?: string;
  to?: string;
  /** How much of the members, up to 1 for all. */
  sample: number;
}

async function open(asked: Asked, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const answer = await fetch("/policy/what-if", {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(asked),
    signal,
  });
  if (answer.ok && answer.body !== null) return answer.body;
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { message?: string } };
  throw new ApiError(answer.status, "failed", error?.message ?? "The question was refused.");
}

export function useWhatIf() {
  const [state, setState] = useState<WhatIfState>({ kind: "idle" });
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const start = async (asked: Asked): Promise<void> => {
    controller.current?.abort();
    const mine = new AbortController();
    controller.current = mine;
    setState({ kind: "running", done: 0, of: 0 });
    try {
      for await (const frame of linesOf<WhatIfFrame>(await open(asked, mine.signal))) {
        if (mine.signal.aborted) return;
        if ("result" in frame) setState({ kind: "done", result: frame.result });
        else if ("done" in frame) setState({ kind: "running", ...frame });
      }
    } catch (error) {
      if (mine.signal.aborted) return;
      setState({ kind: "idle", note: error instanceof Error ? error.message : String(error) });
    }
  };
  const stop = (): void => {
    controller.current?.abort();
    setState({ kind: "idle", note: "Stopped." });
  };
  return { state, start, stop };
}
