/** Saves what a filter finds, with progress and a way to stop. */
import { Button } from "@cloudflare/kumo/components/button";
import { DownloadSimple } from "@phosphor-icons/react";
import { useRef, useState } from "react";
import { exportEntries, save, type ExportFormat } from "../data/export.ts";
import type { Filter } from "../logic/filters.ts";
import { count, isoTime } from "../logic/format.ts";

const titles = { ndjson: "NDJSON", csv: "CSV", parquet: "Parquet" } as const;

type Progress =
  | { kind: "idle" }
  | { kind: "running"; entries: number }
  | { kind: "done"; text: string };

/** One export at a time, and where it stands. */
function useExport(filter: Filter) {
  const [progress, setProgress] = useState<Progress>({ kind: "idle" });
  const controller = useRef<AbortController>(undefined);
  const onProgress = (entries: number): void => setProgress({ kind: "running", entries });
  const start = async (format: ExportFormat): Promise<void> => {
    controller.current = new AbortController();
    const { signal } = controller.current;
    onProgress(0);
    try {
      const { blob, entries } = await exportEntries({
        filter,
        format,
        signal,
        onProgress,
      });
      const stamp = isoTime(Date.now()).slice(0, 19).replaceAll(":", "");
      save(blob, `tallygate-audit-${stamp}.${format}`);
      setProgress({ kind: "done", text: `${count(entries)} entries saved` });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      setProgress({ kind: "done", text: signal.aborted ? "Stopped, nothing was saved" : message });
    }
  };
  return { progress, start, stop: () => controller.current?.abort() };
}

export function ExportButtons({ filter }: { filter: Filter }) {
  const { progress, start, stop } = useExport(filter);
  if (progress.kind === "running") {
    return (
      <>
        <span role="status" className="small soft">
          {count(progress.entries)} entries …
        </span>
        <Button size="sm" onClick={stop}>
          Stop
        </Button>
      </>
    );
  }
  return (
    <>
      {progress.kind === "done" ? (
        <span role="status" className="small soft">
          {progress.text}
        </span>
      ) : null}
      {(["ndjson", "csv", "parquet"] as const).map((format) => (
        <Button
          key={format}
          size="sm"
          icon={<DownloadSimple size={14} />}
          onClick={() => void start(format)}
        >
          {titles[format]}
        </Button>
      ))}
    </>
  );
}
