/** Tries one after the other: the first answer wins. */
import { GatewayError } from "./errors.ts";
import type { FallbackEntry, Gateway, RunInput, RunOptions, RunResult } from "./types.ts";

/** Codes after which another entry cannot help: the caller left, or is refused whatever they ask. */
const FINAL = new Set<string>([
  "aborted",
  "unauthenticated",
  "key_revoked",
  "guard_blocked",
  "dlp_blocked",
]);

/** `runFallback` for any gateway that can `run`. */
export async function runInOrder(
  gateway: Pick<Gateway, "run">,
  entries: readonly FallbackEntry[],
  input: RunInput,
  options: RunOptions = {},
): Promise<RunResult> {
  let last: unknown = new GatewayError("invalid_request", "runFallback was given no entries.");
  for (const { model, provider } of entries) {
    try {
      return await gateway.run(model, input, {
        ...options,
        ...(provider === undefined ? {} : { provider }),
      });
    } catch (error) {
      last = error;
      // A provider's key may be wrong while the next one's is right.
      const own = provider === undefined && error instanceof GatewayError && FINAL.has(error.code);
      if (own || options.signal?.aborted === true) throw error;
    }
  }
  throw last;
}
