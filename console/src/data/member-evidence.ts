/** Everything that the log has of a person, with its proofs: part by part, into one file. */
import { linesOf } from "../logic/ndjson.ts";
import { ApiError, withQuery } from "./api.ts";

interface LastLine {
  next: string | null;
  events: number;
}

/** Collects all parts; `onProgress` hears how many events there are so far. */
export async function collectEvidence(options: {
  member: string;
  signal: AbortSignal;
  onProgress: (events: number) => void;
}): Promise<{ blob: Blob; events: number }> {
  const { member, signal, onProgress } = options;
  const at = `/audit/members/${encodeURIComponent(member)}/evidence`;
  const lines: string[] = [];
  let events = 0;
  let cursor: string | undefined;
  do {
    const part = await readPart(withQuery(at, { cursor }), signal);
    for (const line of part) lines.push(`${JSON.stringify(line)}\n`);
    const last = part.at(-1) as LastLine | undefined;
    events += last?.events ?? 0;
    onProgress(events);
    cursor = last?.next ?? undefined;
  } while (cursor !== undefined);
  return { blob: new Blob(lines, { type: "application/x-ndjson" }), events };
}

async function readPart(path: string, signal: AbortSignal): Promise<object[]> {
  const answer = await fetch(path, { credentials: "same-origin", signal });
  if (!answer.ok || answer.body === null) {
    const { error } = (await answer.json().catch(() => ({}))) as { error?: { message?: string } };
    throw new ApiError(answer.status, "failed", error?.message ?? "The evidence was refused.");
  }
  const part: object[] = [];
  for await (const line of linesOf<object>(answer.body)) part.push(line);
  return part;
}
