/** A question that is answered in lines: told as it goes, stopped at will. */
import { useEffect, useRef, useState } from "react";
import { linesOf } from "../logic/ndjson.ts";
import { ApiError } from "./api.ts";

type ProgressState<Done extends object> =
  | { kind: "idle"; note?: string }
  | { kind: "running"; done: number; of: number; texts?: number }
  | ({ kind: "done" } & Done);

/** Lines as they come: how many texts were read, how many events were looked at, what came of it. */
type Frame<Result> = { done: number; of: number } | { texts: number } | { result: Result };

interface Question<Asked, Result, Done extends object> {
  /** Where it is asked, with POST. */
  address: string;
  /** What is sent for what is asked. */
  bodyOf: (asked: Asked) => object;
  /** What is kept of the answer. */
  doneOf: (result: Result, asked: Asked) => Done;
}

async function open(
  address: string,
  body: object,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const answer = await fetch(address, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (answer.ok && answer.body !== null) return answer.body;
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { message?: string } };
  throw new ApiError(answer.status, "failed", error?.message ?? "The question was refused.");
}

export function useProgress<Asked, Result, Done extends object>({
  address,
  bodyOf,
  doneOf,
}: Question<Asked, Result, Done>) {
  const [state, setState] = useState<ProgressState<Done>>({ kind: "idle" });
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const start = async (asked: Asked): Promise<void> => {
    controller.current?.abort();
    const mine = new AbortController();
    controller.current = mine;
    setState({ kind: "running", done: 0, of: 0 });
    try {
      const answer = await open(address, bodyOf(asked), mine.signal);
      for await (const frame of linesOf<Frame<Result>>(answer)) {
        if (mine.signal.aborted) return;
        if ("result" in frame) setState({ kind: "done", ...doneOf(frame.result, asked) });
        else setState((last) => ({ done: 0, of: 0, ...last, ...frame, kind: "running" }));
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
