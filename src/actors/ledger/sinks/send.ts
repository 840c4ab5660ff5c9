/** Sends a request and says what the answer means: taken, come again, or never so. */
import type { SinkRequest } from "./request.ts";

/**
 * `later`: nothing is wrong with the events, only with the sink or what it is given; they stay.
 * `refused`: the sink will not take this body, whenever it comes.
 */
export type Outcome =
  | { kind: "taken"; note?: string }
  | { kind: "later"; trouble: string; retryAfterMs?: number }
  | { kind: "refused"; status: number };

/** What a body can be refused for; every other 4xx is about access, addresses or time. */
const REFUSED: ReadonlySet<number> = new Set([400, 406, 413, 415, 422, 431]);

const answerCharsMax = 4_096;

/** Sends; never throws. Redirects are not followed: nobody vouched for where they lead. */
export async function send(
  fetcher: typeof fetch,
  { url, method, headers, body }: SinkRequest,
  timeoutMs: number,
  now: number,
): Promise<Outcome> {
  let response: Response;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    response = await fetcher(url, { method, headers, body, redirect: "manual", signal });
  } catch (error) {
    const slow = error instanceof Error && error.name === "TimeoutError";
    return {
      kind: "later",
      trouble: slow ? `no answer in ${timeoutMs} ms` : "it could not be reached",
    };
  }
  const { status } = response;
  if (status >= 200 && status < 300) return takenBy(response);
  await response.body?.cancel().catch(() => {});
  if (REFUSED.has(status)) return { kind: "refused", status };
  const retryAfterMs = retryAfter(response.headers.get("retry-after"), now);
  const trouble = `it answered ${status}`;
  return retryAfterMs === undefined
    ? { kind: "later", trouble }
    : { kind: "later", trouble, retryAfterMs };
}

/** OTLP takes a batch and may say that it dropped some of it; asking again would not help. */
async function takenBy(response: Response): Promise<Outcome> {
  const type = response.headers.get("content-type") ?? "";
  const length = Number(response.headers.get("content-length") ?? 0);
  if (!type.includes("json") || !(length > 0 && length <= answerCharsMax)) {
    await response.body?.cancel().catch(() => {});
    return { kind: "taken" };
  }
  const text = await response.text().catch(() => "");
  const rejected = /"rejected(?:Spans|DataPoints)"\s*:\s*"?([1-9]\d*)/.exec(text)?.[1];
  if (rejected === undefined) return { kind: "taken" };
  return { kind: "taken", note: `it took the last batch without ${rejected} of it` };
}

/** A `retry-after` header in milliseconds: seconds, or a date. */
function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1_000) : undefined;
}
