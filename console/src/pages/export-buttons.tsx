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
  const start = async (format: ExportFormat, proofs: boolean): Promise<void> => {
    controller.current = new AbortController();
    const { signal } = controller.current;
    onProgress(0);
    try {
      const asked = { filter, format, proofs, signal, onProgress };
      const { blob, entries, proof } = await exportEntries(asked);
      const stamp = isoTime(Date.now()).slice(0, 19).replaceAll(":", "");
      const name = `tallygate-audit-${stamp}.${format}`;
      save(blob, name);
      if (proof !== undefined) save(proof, `${name}.proof`);
      const what = proof === undefined ? "entries saved" : "entries saved with their proof";
      setProgress({ kind: "done", text: `${count(entries)} ${what}` });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      setProgress({ kind: "done", text: signal.aborted ? "Stopped, nothing was saved" : message });
    }
  };
  return { progress, start, stop: () => controller.current?.abort() };
}

export function ExportButtons({ filter }: { filter: Filter }) {
  const { progress, start, stop } = useExport(filter);
  const [proofs, setProofs] = useState(false);
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
      <label className="small">
        <input
          type="checkbox"
          checked={proofs}
          onChange={(event) => setProofs(event.target.checked)}
        />{" "}
        with proofs
      </label>
      {(["ndjson", "csv", "parquet"] as const).map((format) => (
        <Button
          key={format}
          size="sm"
          icon={<DownloadSimple size={14} />}
          onClick={() => void start(format, proofs)}
        >
          {titles[format]}
        </Button>
      ))}
    </>
  );
}
