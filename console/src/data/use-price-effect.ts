/** Asks what a corrected price would make of settled calls: told as it goes, stopped at will. */
import { useEffect, useRef, useState } from "react";
import { linesOf } from "../logic/ndjson.ts";
import type { CorrectionTerms, CostChange } from "../logic/price-correction.ts";
import { ApiError } from "./api.ts";

export type EffectState =
  | { kind: "idle"; note?: string }
  | { kind: "running"; done: number; of: number }
  | { kind: "done"; terms: string; change: CostChange };

type Frame = { done: number; of: number } | { result: CostChange };

/** Terms as a text: the same terms have the same effect. */
export const idOfTerms = (terms: CorrectionTerms): string => JSON.stringify(terms);

async function open(
  terms: CorrectionTerms,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const { from, to, ...rest } = terms;
  const answer = await fetch("/policy/price-effect", {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...rest, from: String(from), to: String(to) }),
    signal,
  });
  if (answer.ok && answer.body !== null) return answer.body;
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { message?: string } };
  throw new ApiError(answer.status, "failed", error?.message ?? "The question was refused.");
}

export function usePriceEffect() {
  const [state, setState] = useState<EffectState>({ kind: "idle" });
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const start = async (terms: CorrectionTerms): Promise<void> => {
    controller.current?.abort();
    const mine = new AbortController();
    controller.current = mine;
    setState({ kind: "running", done: 0, of: 0 });
    try {
      for await (const frame of linesOf<Frame>(await open(terms, mine.signal))) {
        if (mine.signal.aborted) return;
        if ("result" in frame) {
          setState({ kind: "done", terms: idOfTerms(terms), change: frame.result });
        } else setState({ kind: "running", ...frame });
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
