/**
 * `GET /audit/events/:id/payload`: what was kept of a request's texts, decrypted.
 *
 * Invariants: the attempt is recorded before it is judged; only the roles that policy names read, and
 * members their own alone; what is shown hashes to what the log says.
 */
import type { AuditEntry } from "#projections/audit-entry.ts";
import { GatewayError } from "../errors.ts";
import type { KeptPayload } from "../payloads/keep-payload.ts";
import { fateOf, KeptTexts, type NoText } from "../payloads/kept-texts.ts";
import { currentPolicy } from "../policy-cache.ts";
import { entryOf, idOf } from "./past.ts";
import type { Reader } from "./reader.ts";

/** `{id, sha256, payload}`. */
export async function showPayload(reader: Reader): Promise<Response> {
  return reader.c.json(await openPayload(reader));
}

/** What was kept of the request that the address names, for those who may read it. */
export async function openPayload(
  reader: Reader,
): Promise<{ id: string; sha256: string; payload: KeptPayload }> {
  const { c, principal } = reader;
  const { organisation, member } = principal;
  const policy = await currentPolicy(c.env, c.executionCtx, organisation);
  const readers = policy.snapshot.document.payloads?.readers ?? ["auditor"];
  if (!readers.includes(member.role)) {
    throw new GatewayError(
      "forbidden",
      `What is kept of texts is for ${readers.join(" and ") || "nobody"}; your role is ${member.role}.`,
    );
  }
  const { entry } = await entryOf(reader, idOf(c));
  const { id } = entry;
  return { id, ...(await openKept(reader, entry)) };
}

async function openKept(
  { c }: Reader,
  entry: AuditEntry,
): Promise<{ payload: KeptPayload; sha256: string }> {
  const { payloadLost } = entry;
  const kept = fateOf(entry, Date.now()) ?? (await new KeptTexts(c.env).open(entry));
  if (typeof kept !== "string") return kept;
  if (kept === "notKept") {
    const why = payloadLost === undefined ? "" : `: ${payloadLost}`;
    throw new GatewayError("not_found", `No texts were kept of this request${why}.`);
  }
  if (payloadLost !== undefined) throw gone(`They could not be stored: ${payloadLost}`);
  throw gone(WHY_GONE[kept]);
}

const WHY_GONE = {
  expired: "Their retention is over",
  erased: "Their key was destroyed when the person was erased",
  lost: "The store does not have what the log names",
} as const satisfies Record<Exclude<NoText, "notKept">, string>;

function gone(why: string): GatewayError {
  return new GatewayError("payload_gone", `The texts of this request cannot be read. ${why}.`);
}
