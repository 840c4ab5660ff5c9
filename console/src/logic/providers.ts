/** What is known of a provider: its circuits, the calls of late, whom it serves. */
import type { PolicyDocument } from "#policy/document.ts";
import type { AuditAttempt } from "#projections/audit-entry.ts";

/** A circuit as `GET /admin/circuits` tells it: of one credential, in the isolate that answered. */
export interface Circuit {
  alias?: string;
  secret?: string;
  weight?: number;
  state: "closed" | "open" | "probing";
  /** Failures in a row. */
  failures: number;
  /** Until then nobody is sent there, milliseconds. */
  openUntil?: number;
}

export type Tone = "success" | "warning" | "error" | "outline";

/** How a circuit is, in words. `at` is the gateway's time. */
export function circuitWords(circuit: Circuit, at: number): { tone: Tone; text: string } {
  const { state, failures, openUntil = at } = circuit;
  if (state === "open") {
    const seconds = Math.ceil(Math.max(openUntil - at, 0) / 1_000);
    return { tone: "error", text: `open, tried in ${seconds} s` };
  }
  if (state === "probing") return { tone: "warning", text: "open, the next call tries" };
  if (failures === 0) return { tone: "success", text: "closed" };
  return { tone: "warning", text: `closed, ${failures} failed in a row` };
}

/** The worst of several circuits: what the provider's card says at its top. */
export function worstCircuit(circuits: readonly Circuit[]): Circuit | undefined {
  const badness = ({ state, failures }: Circuit): number =>
    (state === "open" ? 2e9 : state === "probing" ? 1e9 : 0) + failures;
  return circuits.toSorted((a, b) => badness(b) - badness(a))[0];
}

/** Calls to a provider with one of its credentials. */
export interface CallLine {
  credential: string;
  calls: number;
  failed: number;
  /** What the last failure was. */
  lastFault?: string;
}

const faultOf = ({ status, code }: AuditAttempt): string | undefined =>
  status >= 200 && status < 300
    ? undefined
    : `${status === 0 ? "no answer" : `HTTP ${status}`}${code === undefined ? "" : ` (${code})`}`;

/**
 * The calls to a provider among entries, the newest first, by credential: also those after which
 * another provider answered, which the sums by provider do not know.
 */
export function callLines(
  entries: readonly { attempts?: readonly AuditAttempt[] }[],
  provider: string,
): CallLine[] {
  const lines = new Map<string, CallLine>();
  for (const { attempts = [] } of entries) {
    for (const attempt of attempts.toReversed()) {
      if (attempt.provider !== provider) continue;
      const { credential = "" } = attempt;
      const line = lines.get(credential) ?? { credential, calls: 0, failed: 0 };
      const fault = faultOf(attempt);
      line.calls += 1;
      if (fault !== undefined) {
        line.failed += 1;
        line.lastFault ??= fault;
      }
      lines.set(credential, line);
    }
  }
  return [...lines.values()];
}

/** What a provider serves, by tier; tiers that say the same stand together. */
export function servesLines(
  { tiers }: Pick<PolicyDocument, "tiers">,
  provider: string,
): { tiers: string[]; text: string }[] {
  const lines = new Map<string, string[]>();
  for (const [tier, { candidates }] of Object.entries(tiers)) {
    for (const { serves, model, priority, provider: name } of candidates) {
      if (name !== provider) continue;
      const as = model === undefined ? "" : ` as ${model}`;
      const text = `${serves.join(", ")}${as} (priority ${priority})`;
      lines.set(text, [...(lines.get(text) ?? []), tier]);
    }
  }
  return [...lines].map(([text, names]) => ({ tiers: names, text }));
}
