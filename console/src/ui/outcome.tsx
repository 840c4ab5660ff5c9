/** How a request or an act ended, and what data rules did: as a coloured word. */
import { Badge } from "@cloudflare/kumo/components/badge";
import type { AuditOutcome, DlpResult } from "#projections/audit-entry.ts";

type Tone = "success" | "error" | "warning" | "info" | "outline";

const outcomeTones: Record<AuditOutcome, Tone> = {
  admitted: "info",
  completed: "success",
  failed: "error",
  aborted: "warning",
  blocked: "error",
  cut: "warning",
  refused: "error",
  released: "outline",
  expired: "warning",
  orphaned: "warning",
};
const outcomeWords: Partial<Record<AuditOutcome, string>> = { admitted: "running" };

export function Outcome({ outcome }: { outcome: AuditOutcome }) {
  return <Badge variant={outcomeTones[outcome]}>{outcomeWords[outcome] ?? outcome}</Badge>;
}

const dlpTones: Record<DlpResult, Tone> = {
  none: "outline",
  warned: "warning",
  redacted: "info",
  blocked: "error",
};

/** Nothing for nothing found: most rows have nothing. */
export function Dlp({ dlp }: { dlp: DlpResult }) {
  return dlp === "none" ? null : <Badge variant={dlpTones[dlp]}>{dlp}</Badge>;
}
