/**
 * The admin protocol's frames, version `tallygate.v1`: superjson text both ways.
 *
 * A client sends a command `{id, type, ...}` and gets one answer with the same `id`; between them
 * come `{event}` frames for what others did. The first frame is `{hello}`.
 */
import * as superjson from "superjson";
import * as z from "zod";
import type { EventEnvelope } from "#events/envelope.ts";
import type { Role } from "#events/policy-events.ts";
import { Price } from "#policy/document.ts";
import type { PolicyProblem } from "#policy/validate.ts";
import { KeyScopeInput, Line, MemberId, MemberInput, problemsOf } from "./input.ts";
import { frameCharsMax } from "./limits.ts";

const base = { id: Line(100).min(1), expectVersion: z.int().min(0).optional() };
/** Who changes the policy says which version they changed. */
const changing = { id: base.id, expectVersion: z.int().min(0) };
const comment = Line(200).default("");
const KeyId = Line(64).min(1);

const writes = [
  z.strictObject({
    ...changing,
    type: z.literal("PublishPolicy"),
    document: z.unknown(),
    comment,
  }),
  z.strictObject({
    ...changing,
    type: z.literal("RollBackPolicy"),
    version: z.int().min(1),
    comment,
  }),
  z.strictObject({ ...changing, type: z.literal("ApprovePolicy"), proposal: z.int().min(1) }),
  z.strictObject({
    ...base,
    type: z.literal("WithdrawProposal"),
    proposal: z.int().min(1),
    reason: Line(200).default(""),
  }),
  z.strictObject({
    ...changing,
    type: z.literal("StartShadow"),
    document: z.unknown(),
    comment,
  }),
  z.strictObject({
    ...base,
    type: z.literal("StopShadow"),
    draft: z.int().min(1),
    reason: Line(200).default(""),
  }),
  z.strictObject({ ...changing, type: z.literal("PromoteShadow"), draft: z.int().min(1), comment }),
  z.strictObject({ ...base, type: z.literal("SetMember"), member: MemberInput }),
  z.strictObject({ ...base, type: z.literal("RemoveMember"), member: MemberId }),
  z.strictObject({
    ...base,
    type: z.literal("IssueKey"),
    member: MemberId,
    label: Line(100).default(""),
    /** Milliseconds since 1970. */
    expiresAt: z.int().min(0).optional(),
    scope: KeyScopeInput.optional(),
  }),
  z.strictObject({
    ...base,
    type: z.literal("RevokeKey"),
    keyId: KeyId,
    reason: Line(200).default(""),
  }),
  z.strictObject({
    ...base,
    type: z.literal("EraseMember"),
    member: MemberId,
    /** The same id once more: nothing brings the texts back. */
    confirm: MemberId,
    reason: Line(200).default(""),
  }),
  z.strictObject({
    ...base,
    type: z.literal("CorrectPrice"),
    model: Line(300).min(1),
    provider: Line(64).min(1).optional(),
    /** Milliseconds since 1970: calls admitted from the first up to but not at the second. */
    from: z.int().min(0),
    to: z.int().min(0),
    price: Price,
    reason: Line(200).default(""),
  }),
] as const;

const reads = [
  z.strictObject({ ...base, type: z.literal("ValidatePolicy"), document: z.unknown() }),
  z.strictObject({ ...base, type: z.literal("GetPolicy"), version: z.int().min(1).optional() }),
  z.strictObject({ ...base, type: z.literal("GetProposal"), proposal: z.int().min(1) }),
  z.strictObject({ ...base, type: z.literal("ListProposals") }),
  z.strictObject({ ...base, type: z.literal("GetShadow") }),
  z.strictObject({ ...base, type: z.literal("ListVersions") }),
  z.strictObject({ ...base, type: z.literal("ListMembers") }),
  z.strictObject({ ...base, type: z.literal("ListKeys") }),
  z.strictObject({ ...base, type: z.literal("ListErasures") }),
  z.strictObject({ ...base, type: z.literal("ListCorrections") }),
  z.strictObject({ ...base, type: z.literal("Resume"), since: z.int().min(0) }),
] as const;

const Write = z.discriminatedUnion("type", writes);
const Read = z.discriminatedUnion("type", reads);
/** Every command. */
export const Frame = z.discriminatedUnion("type", [...writes, ...reads]);

/** A command that changes something: for admins. */
export type WriteFrame = z.infer<typeof Write>;
/** A question: for admins and auditors. */
export type ReadFrame = z.infer<typeof Read>;
/** A command as a client writes it. */
export type AdminFrame = z.input<typeof Frame>;

const writeTypes: ReadonlySet<string> = new Set(writes.map(({ shape }) => shape.type.value));
const frameTypes: readonly string[] = [...writes, ...reads].map(({ shape }) => shape.type.value);

/** Every code that an admin can get. */
export type AdminCode =
  | "bad_frame"
  | "frame_too_large"
  | "unknown_command"
  | "invalid_command"
  | "flood"
  | "too_many_sockets"
  | "forbidden"
  | "command_id_reused"
  | "revocation_pending"
  | "not_confirmed"
  | "erasure_pending"
  | "invalid_period"
  | "invalid_policy"
  | "version_conflict"
  | "version_not_found"
  | "proposal_not_found"
  | "shadow_not_found"
  | "own_proposal"
  | "tier_in_use"
  | "unknown_tier"
  | "unknown_route"
  | "last_admin"
  | "member_not_found"
  | "key_not_found"
  | "expires_in_past"
  | "too_many";

/** `id` is null when the command's own could not be read. */
export interface AdminRefusal {
  id: string | null;
  ok: false;
  code: AdminCode;
  message: string;
  problems?: PolicyProblem[];
}

/** `seq` is the stream's last event at the time of the answer. */
export interface AdminSuccess {
  id: string;
  ok: true;
  seq: number;
  result: unknown;
}

export type AdminAnswer = AdminSuccess | AdminRefusal;

export interface AdminHello {
  hello: { organisation: string; member: string; role: Role; seq: number; version: number };
}

/** An event without what should not travel; `elided` names the fields left out. */
export interface AdminEvent {
  event: EventEnvelope & { elided?: string[] };
}

export type FrameCheck =
  | { kind: "write"; frame: WriteFrame }
  | { kind: "read"; frame: ReadFrame }
  | { kind: "refused"; answer: AdminRefusal };

/** Reads one frame of unknown origin. Total: whatever comes, there is an answer. */
export function parseFrame(message: unknown): FrameCheck {
  if (typeof message !== "string") return refused(null, "bad_frame", "Frames are text.");
  if (message.length > frameCharsMax) {
    const text = `A frame has at most ${frameCharsMax} characters; this one had ${message.length}.`;
    return refused(null, "frame_too_large", text);
  }
  let value: unknown;
  try {
    value = superjson.parse(message);
  } catch {
    return refused(null, "bad_frame", 'This is not superjson: {"json": {...}, "meta": ...}.');
  }
  const id = base.id.safeParse((value as { id?: unknown } | null | undefined)?.id);
  const type = (value as { type?: unknown } | null | undefined)?.type;
  if (!id.success || typeof type !== "string") {
    return refused(null, "bad_frame", "A command has an id of 1 to 100 characters and a type.");
  }
  if (!frameTypes.includes(type)) {
    const text = `There is no such command; known are ${frameTypes.join(", ")}.`;
    return refused(id.data, "unknown_command", text);
  }
  return checkShape(id.data, type, value);
}

function checkShape(id: string, type: string, value: unknown): FrameCheck {
  try {
    if (writeTypes.has(type)) {
      const parsed = Write.safeParse(value);
      if (parsed.success) return { kind: "write", frame: parsed.data };
      return invalid(id, type, problemsOf(parsed.error));
    }
    const parsed = Read.safeParse(value);
    if (parsed.success) return { kind: "read", frame: parsed.data };
    return invalid(id, type, problemsOf(parsed.error));
  } catch {
    // superjson can build values that refer to themselves; no command holds such a thing.
    return refused(id, "invalid_command", "The command could not be read.");
  }
}

function invalid(id: string, type: string, problems: PolicyProblem[]): FrameCheck {
  const message = `The command ${type} is not shaped as it should be; \`problems\` says where.`;
  return { kind: "refused", answer: { id, ok: false, code: "invalid_command", message, problems } };
}

function refused(id: string | null, code: AdminCode, message: string): FrameCheck {
  return { kind: "refused", answer: { id, ok: false, code, message } };
}

/** The text of a frame to a client. */
export function encodeFrame(frame: AdminAnswer | AdminHello | AdminEvent): string {
  return superjson.stringify(frame);
}
