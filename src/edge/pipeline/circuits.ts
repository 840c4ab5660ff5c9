/** The circuits of one isolate: which providers, by address and credential, are well. */
import { closed, enter, fail, succeed, type Circuit } from "./breaker.ts";
import type { Candidate } from "./plan.ts";

const circuits = new Map<string, Circuit>();

/** Who is asked, where, and with which credential. */
export interface Subject {
  provider: string;
  baseUrl?: string | undefined;
  binding?: string | undefined;
  secret?: string | undefined;
}

/** Whose circuit: the same provider by another address or credential may be well. */
function circuitOf({ provider, baseUrl, binding, secret }: Subject): string {
  return `${provider}\n${baseUrl ?? binding ?? ""}\n${secret ?? ""}`;
}

/** Whether a candidate's circuit lets calls through; nothing changes. */
export function isWell(candidate: Subject, at: number): boolean {
  return enter(circuits.get(circuitOf(candidate)) ?? closed, at).may;
}

/** How a circuit stands, for those who look: `probing` when the next call, or one under way, tries. */
export function circuitState(
  subject: Subject,
  at: number,
): { state: "closed" | "open" | "probing"; failures: number; openUntil?: number } {
  const { failures, openUntil } = circuits.get(circuitOf(subject)) ?? closed;
  if (openUntil === 0) return { state: "closed", failures };
  if (at >= openUntil) return { state: "probing", failures };
  return { state: "open", failures, openUntil };
}

/** Those whose circuit is open come last: they are asked only when nobody else answers. */
export function wellFirst(candidates: readonly Candidate[], at: number): Candidate[] {
  if (circuits.size === 0 || candidates.length < 2) return [...candidates];
  const well: Candidate[] = [];
  const ill: Candidate[] = [];
  for (const candidate of candidates) {
    const key = circuitOf(candidate);
    const { may, circuit } = enter(circuits.get(key) ?? closed, at);
    if (may && well.length === 0 && circuit !== closed) circuits.set(key, circuit);
    (may ? well : ill).push(candidate);
  }
  return [...well, ...ill];
}

/**
 * Remembers how a provider is. Only its own failures count: a refused request is no sign, nor is
 * what becomes of a caller's own key, which may be over its limit while all else is well.
 */
export function noteHealth(
  candidate: Subject & { callerKey?: boolean },
  failed: boolean,
  at: number,
): void {
  if (candidate.callerKey === true) return;
  const key = circuitOf(candidate);
  const circuit = circuits.get(key);
  if (circuit === undefined && !failed) return;
  const after = failed ? fail(circuit ?? closed, at) : succeed(circuit ?? closed);
  if (after === closed) circuits.delete(key);
  else circuits.set(key, after);
}
