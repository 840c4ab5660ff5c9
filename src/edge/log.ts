/**
 * The operator's log: what failed inside, by request id. Only names and places of code: an error's
 * message may quote what policy says to hide.
 */

/** Notes an unexpected failure. */
export function logFailure(requestId: string, error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const name = cause instanceof Error ? cause.name : typeof cause;
  const frames = cause instanceof Error ? (cause.stack ?? "").split("\n    at ").slice(1, 6) : [];
  // eslint-disable-next-line no-console -- the runtime's log is where an operator looks
  console.error(JSON.stringify({ level: "error", requestId, name, at: frames }));
}
