/** Verifying the archive in this browser: one run at a time, told as it goes, stopped at will. */
import { useEffect, useRef, useState } from "react";
import type { VerifyReport } from "#projections/verify/verify.ts";
import type { VerifyAsked, VerifyTold } from "../verify/messages.ts";

export type Verifying =
  | { kind: "idle"; note?: string }
  | { kind: "running"; events: number; of: number }
  | { kind: "done"; report: VerifyReport; at: number; asked: VerifyAsked };

export function useVerify() {
  const [state, setState] = useState<Verifying>({ kind: "idle" });
  const worker = useRef<Worker>(undefined);
  const end = (): void => {
    worker.current?.terminate();
    worker.current = undefined;
  };
  useEffect(() => end, []);
  const start = (asked: VerifyAsked): void => {
    end();
    setState({ kind: "running", events: 0, of: 0 });
    const started = new Worker(new URL("../verify/worker.ts", import.meta.url), { type: "module" });
    worker.current = started;
    started.addEventListener("message", ({ data }: MessageEvent<VerifyTold>) => {
      if (data.kind === "progress") setState({ ...data, kind: "running" });
      else {
        end();
        if (data.kind === "failed") setState({ kind: "idle", note: data.message });
        else setState({ kind: "done", report: data.report, at: Date.now(), asked });
      }
    });
    started.addEventListener("error", () => {
      end();
      setState({ kind: "idle", note: "The verifier could not be started in this browser." });
    });
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- workers have no origin
    started.postMessage(asked);
  };
  const stop = (): void => {
    end();
    setState({ kind: "idle", note: "Stopped; nothing was decided." });
  };
  return { state, start, stop };
}
