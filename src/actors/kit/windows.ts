/** Windows of `fixed` limits: aligned to the calendar in UTC, whatever counts them. */

/** Windows are aligned to a Monday at midnight, UTC. */
const mondayMs = 4 * 24 * 60 * 60 * 1_000;

/** Start of the calendar window that holds a moment. */
export function windowStart(at: number, windowMs: number): number {
  return Math.floor((at - mondayMs) / windowMs) * windowMs + mondayMs;
}
