/** `tallygate export --member`: a person's events with their proofs, part by part, into one file. */
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { Complaint, type Target, UNREACHED } from "../policy-target.ts";
import { send, withParams } from "./http.ts";

/** Fetches every part, in order; each ends with where the next begins. */
export async function exportMember(
  target: Target,
  { member, actor }: { member: string; actor: string | undefined },
  out: string | undefined,
): Promise<number> {
  const to = out === undefined ? process.stdout : createWriteStream(out, { mode: 0o600 });
  let cursor: string | undefined;
  do {
    const at = withParams(`/audit/members/${encodeURIComponent(member)}/evidence`, {
      cursor,
      actor,
    });
    const text = await (await send(target, at)).text();
    const end = text.trimEnd().split("\n").at(-1) ?? "";
    const { next } = JSON.parse(end) as { next?: string | null };
    if (next === undefined) throw new Complaint("The answer ended early.", UNREACHED);
    to.write(text);
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  if (to !== process.stdout) {
    to.end();
    await finished(to);
  }
  return 0;
}
