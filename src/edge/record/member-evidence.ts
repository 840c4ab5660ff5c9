/**
 * `GET /audit/members/:id/evidence`: every event of a person's stream with its proofs, as lines of
 * JSON, a bounded part an answer. Members ask for their own.
 */
import * as z from "zod";
import { ledgerName, userStream } from "#actors/kit/names.ts";
import type { EvidencePlace } from "#actors/ledger/member-evidence.ts";
import { memberIdCharsMax } from "../books/limits.ts";
import { GatewayError } from "../errors.ts";
import type { Reader, RecordContext } from "./reader.ts";

/** `cursor` is what the part before ended with; it means the same for ever. */
export const MemberEvidenceParams = z.strictObject({
  cursor: z
    .string()
    .regex(/^\d{1,10}\.\d{1,6}$/)
    .exactOptional(),
  /** Which of the actors of a member who is split; the first has what was before. */
  actor: z.coerce.number().int().min(0).max(15).default(0),
});

/** The member that the address names. */
export function memberOf(c: RecordContext): string {
  const id = c.req.param("id") ?? "";
  if (id !== "" && id.length <= memberIdCharsMax) return id;
  throw new GatewayError("invalid_request", "The address names no member.");
}

export async function proveMember(
  { c, principal, shards }: Reader,
  { cursor, actor }: z.output<typeof MemberEvidenceParams>,
): Promise<Response> {
  const member = memberOf(c);
  if (principal.member.role === "member" && principal.member.id !== member) {
    throw new GatewayError("forbidden", "Members are given their own evidence; ask an auditor.");
  }
  const { TALLYGATE_SECRET: secret } = c.env;
  const stream = userStream(secret, principal.organisation, member, actor);
  const shard = ledgerName(secret, principal.organisation, stream, shards.length);
  const ledger = shards.find(({ name }) => name === shard)?.ledger;
  const page = await ledger?.memberEvidence({ stream, from: placeOf(cursor) });
  const { base, bundles = [], next = null } = page ?? {};
  const isEmpty = base === undefined && bundles.length === 0 && next === null;
  if (isEmpty && cursor === undefined) {
    throw new GatewayError("not_found", "The archive has nothing of this member.");
  }
  const events = bundles.reduce((sum, bundle) => sum + bundle.events.length, 0);
  const lines = [
    { v: 1, member, stream, shard, from: cursor ?? null },
    ...(base === undefined ? [] : [base]),
    ...bundles,
    { next: next === null ? null : `${next.n}.${next.index}`, events },
  ];
  return new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), {
    headers: { "content-type": "application/x-ndjson" },
  });
}

function placeOf(cursor: string | undefined): EvidencePlace {
  const [n = 0, index = 0] = (cursor ?? "0.0").split(".").map(Number);
  return { n, index };
}
