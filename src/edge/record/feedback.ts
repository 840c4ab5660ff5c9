/**
 * What people say of an answer afterwards: an event of its own in the caller's stream, by the record's
 * address or by Cloudflare's. Members say it of their own requests.
 */
import * as z from "zod";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { askActor } from "../actors.ts";
import { parseBody, readRequestText } from "../body.ts";
import { feedbackBytesMax, logTriesMax, logTryMs, requestEventsMax } from "../cloudflare/limits.ts";
import { GatewayError } from "../errors.ts";
import { metadataEntriesMax } from "../limits.ts";
import { entryOf, idOf } from "./past.ts";
import type { Reader } from "./reader.ts";

/** What is said of an answer; null takes it back. */
export const Feedback = z.object({
  feedback: z.int().min(-1).max(1).nullish(),
  score: z.number().min(0).max(100).nullish(),
  metadata: z
    .record(z.string().min(1).max(100), z.union([z.string().max(500), z.number(), z.boolean()]))
    .refine((entries) => Object.keys(entries).length <= metadataEntriesMax, {
      message: `expected at most ${metadataEntriesMax} entries`,
    })
    .nullish(),
});

type Given = { id: string } & z.output<typeof Feedback>;

/** An entry that may have ended a moment ago: it is waited for until the ledger has it. */
export async function entryWhen(reader: Reader, id: string, is: (entry: AuditEntry) => boolean) {
  for (let tries = 1; ; tries += 1) {
    try {
      const found = await entryOf(reader, id);
      if (is(found.entry) || tries >= logTriesMax) return found;
    } catch (error) {
      const missing = error instanceof GatewayError && error.code === "not_found";
      if (!missing || tries >= logTriesMax || !isRecent(id)) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, logTryMs);
    });
  }
}

/** Whether an id was made in the last minute: a UUIDv7 begins with its time. */
function isRecent(id: string): boolean {
  const at = Number.parseInt(id.replace("-", "").slice(0, 12), 16);
  return Math.abs(Date.now() - at) < 60_000;
}

/** Appends what was said to the request's stream: `{id, ...given}`. */
export async function giveFeedback(reader: Reader): Promise<Given> {
  const { c, principal } = reader;
  const body = Feedback.safeParse(parseBody(await readRequestText(c.req.raw, feedbackBytesMax)));
  if (!body.success) {
    const [issue] = body.error.issues;
    throw new GatewayError("invalid_request", `${issue?.path.join(".")}: ${issue?.message}.`);
  }
  const given = Object.fromEntries(
    Object.entries(body.data).filter(([, value]) => value !== undefined),
  );
  if (Object.keys(given).length === 0) {
    throw new GatewayError("invalid_request", "Give feedback, score or metadata.");
  }
  const { entry, name } = await entryWhen(reader, idOf(c), () => true);
  if (entry.kind !== "request") {
    throw new GatewayError("not_found", "Feedback is given on requests only.");
  }
  if (entry.source.seqs.length >= requestEventsMax) {
    throw new GatewayError("invalid_request", "No more feedback is taken on this request.");
  }
  const { stream } = entry.source;
  const { organisation, member } = principal;
  const command = {
    home: { organisation, stream, ledger: name },
    at: Date.now(),
    given: { requestId: entry.id, member: member.id, ...given },
  };
  await askActor(() => c.env.USERS.getByName(stream).giveFeedback(command));
  return { id: entry.id, ...given };
}
