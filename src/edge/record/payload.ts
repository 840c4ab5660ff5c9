/**
 * `GET /audit/events/:id/payload`: what was kept of a request's texts, decrypted.
 *
 * Invariants: the attempt is recorded before it is judged; only the roles that policy names read, and
 * members their own alone; what is shown hashes to what the log says.
 */
import {
  aboutPayload,
  decrypt,
  openSubjectKey,
  payloadName,
  sha256OfBytes,
} from "#actors/kit/payload-key.ts";
import { parseJson } from "#events/parse-json.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { askActor } from "../actors.ts";
import { GatewayError } from "../errors.ts";
import type { KeptPayload } from "../payloads/keep-payload.ts";
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
  const policy = await currentPolicy(c.env, c.executionCtx as ExecutionContext, organisation);
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
  const { id, payload, payloadLost, source } = entry;
  const { keyId, sha256, expiresAt } = payload ?? {};
  if (keyId === undefined || sha256 === undefined || expiresAt === undefined) {
    const why = payloadLost === undefined ? "" : `: ${payloadLost}`;
    throw new GatewayError("not_found", `No texts were kept of this request${why}.`);
  }
  if (payloadLost !== undefined) throw gone(`They could not be stored: ${payloadLost}`);
  if (expiresAt <= Date.now()) throw gone("Their retention is over");
  const { stream } = source;
  const wrapped = await askActor(() => c.env.USERS.getByName(stream).payloadKey(keyId));
  if (wrapped === null) throw gone("Their key was destroyed when the person was erased");
  const key = openSubjectKey(c.env.TALLYGATE_SECRET, stream, wrapped);
  const object = await c.env.PAYLOADS?.get(payloadName(stream, keyId, expiresAt, id));
  if (key === undefined || !object) throw gone("The store does not have them");
  const bytes = new Uint8Array(await object.arrayBuffer());
  const text = decrypt(key.key, bytes, aboutPayload(stream, id));
  if (sha256OfBytes(bytes) !== sha256 || text === undefined) {
    throw gone("What the store has is not what the log names");
  }
  return { payload: parseJson(new TextDecoder().decode(text)) as KeptPayload, sha256 };
}

function gone(why: string): GatewayError {
  return new GatewayError("payload_gone", `The texts of this request cannot be read. ${why}.`);
}
