/**
 * A circuit breaker, one per provider and credential in each isolate: after several failures in a
 * row (answers that broke off among them) nobody is sent there for a while, then one call probes.
 *
 * Invariants: a closed circuit lets all through; an open one lets none through before its time; a
 * half-open one lets exactly one through at a time; a success closes it, a failed probe opens it
 * again for longer, up to a bound. Pure: time comes in.
 */

export interface Circuit {
  /** Failures in a row. */
  failures: number;
  /** When an open circuit may be probed, milliseconds; 0 while closed. */
  openUntil: number;
  /** When the probe that is under way began; 0 without one. */
  probingSince: number;
}

export const closed: Circuit = { failures: 0, openUntil: 0, probingSince: 0 };

/** Failures in a row that open a circuit. */
export const failuresMax = 5;
const openMs = 5_000;
const openMsMax = 60_000;
/** A probe whose end was never heard of stands in nobody's way after this. */
const probeMs = 60_000;

/** Whether a call may be made at `at`, and the circuit once it is. */
export function enter(circuit: Circuit, at: number): { may: boolean; circuit: Circuit } {
  if (circuit.openUntil === 0) return { may: true, circuit };
  const probing = circuit.probingSince > 0 && at - circuit.probingSince < probeMs;
  if (at < circuit.openUntil || probing) return { may: false, circuit };
  return { may: true, circuit: { ...circuit, probingSince: Math.max(at, 1) } };
}

/** The circuit after a call that the provider answered. */
export function succeed(circuit: Circuit): Circuit {
  return circuit === closed || circuit.failures === 0 ? circuit : closed;
}

/** The circuit after a call that the provider failed. */
export function fail(circuit: Circuit, at: number): Circuit {
  const failures = circuit.failures + 1;
  if (failures < failuresMax) return { failures, openUntil: 0, probingSince: 0 };
  const wait = Math.min(openMs * 2 ** Math.min(failures - failuresMax, 10), openMsMax);
  return { failures, openUntil: at + wait, probingSince: 0 };
}
