/**
 * Where admins are served: who may say what, one answer a command, events to everybody else.
 *
 * Invariants: a socket's right is judged anew at every command and every broadcast, from the state;
 * whatever a socket sends gets a typed answer; a command is decided, and its answer kept, in one
 * synchronous run.
 */
import * as superjson from "superjson";
import type { SealedEvent } from "#events/envelope.ts";
import { type Cause, unseal } from "#events/envelope.ts";
import type { PolicyFact, Role } from "#events/policy-events.ts";
import type { ApiKey } from "#policy/api-key.ts";
import { roleUnder } from "#policy/key-scope.ts";
import type { KnownFeatures } from "#policy/validate.ts";
import type { AnswerBook } from "./answers.ts";
import type { PolicyCommand } from "./commands.ts";
import { erasureAnswer } from "./eraser.ts";
import { FloodGuard } from "./flood.ts";
import {
  type AdminAnswer,
  type AdminCode,
  encodeFrame,
  parseFrame,
  type ReadFrame,
  type WriteFrame,
} from "./frames.ts";
import { socketsMax } from "./limits.ts";
import { answerRead, visible } from "./reads.ts";
import type { Seat } from "./seat.ts";
import type { PolicyState } from "./state.ts";
import { type Prepared, prepareWrite, revoking } from "./writes.ts";

/** WebSocket close code for a policy violation (RFC 6455, section 7.4.1). */
const VIOLATION = 1008;

/** A socket as the desk needs it. */
export interface DeskSocket {
  readonly id: string;
  readonly state: Seat | null;
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** What the desk asks of its actor. */
export interface DeskHost {
  readonly state: PolicyState;
  readonly known: KnownFeatures;
  now(): number;
  newKey(): ApiKey;
  events(fromSeq: number, limit: number): SealedEvent[];
  /** Decides and appends; tells everybody but `sender`. */
  execute(command: PolicyCommand, at: number, cause: Cause, sender: DeskSocket): PolicyFact[];
  /** Brings KV and fences in step with the keys. */
  flushKeys(): Promise<void>;
  /** Has the keys of kept texts destroyed whose erasure was ordered, where it can. */
  carryOutErasures(): Promise<void>;
  /** Whether somebody of this id was a member and left. */
  wasMember(id: string): boolean;
  /** Whether a revoked key still waits for its fence or its copy's end. */
  revocationsPending(): boolean;
  sockets(): Iterable<DeskSocket>;
}

const ended = "Your session, key or membership has ended.";

export class AdminDesk {
  readonly #host: DeskHost;
  readonly #answers: AnswerBook;
  readonly #floods = new FloodGuard();
  /** Sockets that were told to go: what they still send is not looked at. */
  readonly #closed = new Set<string>();

  constructor(host: DeskHost, answers: AnswerBook) {
    this.#host = host;
    this.#answers = answers;
  }

  /** Greets a socket, or turns it away. */
  connect(socket: DeskSocket): void {
    const { state } = this.#host;
    const role = this.#roleOf(socket);
    if (role === undefined || state.organisation === undefined) {
      this.#dismiss(socket, "forbidden", "Only admins and auditors of the organisation come in.");
      return;
    }
    if ([...this.#host.sockets()].length > socketsMax) {
      const message = `At most ${socketsMax} sockets an organisation; close one first.`;
      this.#dismiss(socket, "too_many_sockets", message);
      return;
    }
    const member = socket.state?.member ?? "";
    const version = state.current?.version ?? 0;
    const { organisation, seq } = state;
    send(socket, encodeFrame({ hello: { organisation, member, role, seq, version } }));
  }

  /** Answers one frame. */
  async receive(socket: DeskSocket, message: unknown): Promise<void> {
    if (this.#closed.has(socket.id)) return;
    const at = this.#host.now();
    if (!this.#floods.allows(socket.id, at)) {
      this.#dismiss(socket, "flood", "Too many commands at once; connect again and send slower.");
      return;
    }
    const role = this.#roleOf(socket);
    if (role === undefined) {
      this.#dismiss(socket, "forbidden", ended);
      return;
    }
    const parsed = parseFrame(message);
    if (parsed.kind === "refused") answer(socket, parsed.answer);
    else if (parsed.kind === "read") this.#read(socket, parsed.frame);
    else await this.#write(socket, parsed.frame, String(message), role, at);
  }

  /** Forgets a socket that is gone. */
  leave(socket: DeskSocket): void {
    this.#floods.forget(socket.id);
    this.#closed.delete(socket.id);
  }

  /** Tells every socket but the sender's what happened, and sends away whom it has excluded. */
  broadcast(firstSeq: number, count: number, sender: DeskSocket | undefined): void {
    const frames = this.#host
      .events(firstSeq, count)
      .map((sealed) => encodeFrame(visible(unseal(sealed))));
    for (const socket of this.#host.sockets()) {
      if (socket.id === sender?.id || this.#closed.has(socket.id)) continue;
      if (this.#roleOf(socket) === undefined) {
        this.#dismiss(socket, "forbidden", ended);
        continue;
      }
      for (const frame of frames) send(socket, frame);
    }
  }

  #read(socket: DeskSocket, frame: ReadFrame): void {
    const host = this.#host;
    const result = answerRead(frame, {
      state: host.state,
      known: host.known,
      events: (fromSeq, limit) => host.events(fromSeq, limit),
      send: (event) => send(socket, encodeFrame(event)),
    });
    const { id } = frame;
    if (result.ok) answer(socket, { id, ok: true, seq: host.state.seq, result: result.result });
    else answer(socket, { id, ...result });
  }

  async #write(
    socket: DeskSocket,
    frame: WriteFrame,
    text: string,
    role: Role,
    at: number,
  ): Promise<void> {
    const { id } = frame;
    const member = socket.state?.member ?? "";
    const kept = this.#answers.find(member, id, text);
    if (kept === "reused") {
      const message = "This id stood for another command before; take a new one.";
      answer(socket, { id, ok: false, code: "command_id_reused", message });
      return;
    }
    const reply = kept?.answer ?? this.#carryOut(socket, frame, text, member, role, at);
    await this.#host.flushKeys();
    if (revoking.has(frame.type) && this.#host.revocationsPending()) {
      const message =
        "It is revoked in the log; enforcing it everywhere is under way. Send the command again.";
      answer(socket, { id, ok: false, code: "revocation_pending", message });
      return;
    }
    send(socket, frame.type === "EraseMember" ? await this.#proven(reply) : reply);
    if (this.#roleOf(socket) === undefined) {
      this.#dismiss(socket, "forbidden", ended);
    }
  }

  /** The answer to an order to erase: the proof, once the subject's actor has given it. */
  async #proven(reply: string): Promise<string> {
    const kept = superjson.parse<AdminAnswer>(reply);
    if (!kept.ok) return reply;
    const { order } = kept.result as { order?: unknown };
    await this.#host.carryOutErasures();
    const { state } = this.#host;
    const known = erasureAnswer(order, state);
    if (known === undefined) return reply;
    if ("result" in known) return encodeFrame({ ...kept, seq: state.seq, result: known.result });
    return encodeFrame({ id: kept.id, ok: false, code: "erasure_pending", message: known.message });
  }

  /** Decides a command and keeps its answer; returns the answer for its sender alone. */
  #carryOut(
    socket: DeskSocket,
    frame: WriteFrame,
    text: string,
    member: string,
    role: Role,
    at: number,
  ): string {
    const { id } = frame;
    const prepared = this.#prepare(frame, member, role, at);
    const facts = this.#decide(socket, frame, prepared, at);
    const settled = answerOf(id, prepared, facts, this.#host.state.seq);
    const reply = encodeFrame(settled);
    this.#answers.keep(member, id, text, reply);
    if (!prepared.ok || !settled.ok || prepared.once === undefined) return reply;
    return encodeFrame({ ...settled, result: { ...(settled.result as object), ...prepared.once } });
  }

  #prepare(frame: WriteFrame, by: string, role: Role, at: number): Prepared {
    const host = this.#host;
    if (role !== "admin") {
      return { ok: false, code: "forbidden", message: "Only admins change anything." };
    }
    const version = host.state.current?.version ?? 0;
    if (frame.expectVersion !== undefined && frame.expectVersion !== version) {
      const message = `You expected version ${frame.expectVersion}, but version ${version} is current. Load it and decide again.`;
      return { ok: false, code: "version_conflict", message };
    }
    return prepareWrite(frame, {
      state: host.state,
      known: host.known,
      newKey: () => host.newKey(),
      at,
      by,
      wasMember: (id) => host.wasMember(id),
      events: (fromSeq, limit) => host.events(fromSeq, limit),
    });
  }

  /** Every command of an authenticated member leaves its trace, refused or not. */
  #decide(socket: DeskSocket, frame: WriteFrame, prepared: Prepared, at: number): PolicyFact[] {
    const cause: Cause = { command: frame.id };
    if (socket.state !== null) cause.member = socket.state.member;
    if (socket.state?.keyId !== undefined) cause.keyId = socket.state.keyId;
    const command: PolicyCommand = prepared.ok
      ? prepared.command
      : { type: "Refuse", command: frame.type, code: prepared.code, message: prepared.message };
    return this.#host.execute(command, at, cause, socket);
  }

  /** The role that a socket's member has now; undefined when nothing is open to them. */
  #roleOf(socket: DeskSocket): Role | undefined {
    const { members, keys } = this.#host.state;
    const seat = socket.state;
    const role = seat === null ? undefined : members.get(seat.member)?.role;
    if (seat === null || role === undefined || role === "member") return undefined;
    if (seat.until !== undefined && seat.until <= this.#host.now()) return undefined;
    if (seat.keyId === undefined) return role;
    const key = keys.get(seat.keyId);
    if (key === undefined || key.member !== seat.member) return undefined;
    const expired = key.expiresAt !== undefined && key.expiresAt <= this.#host.now();
    if (expired) return undefined;
    const narrowed = roleUnder(role, key.scope);
    return narrowed === "member" ? undefined : narrowed;
  }

  #dismiss(socket: DeskSocket, code: AdminCode, message: string): void {
    this.#closed.add(socket.id);
    answer(socket, { id: null, ok: false, code, message });
    try {
      socket.close(VIOLATION, code);
    } catch {
      // It is closed already.
    }
  }
}

/** What a client is told, from what was decided. */
function answerOf(
  id: string,
  prepared: Prepared,
  facts: readonly PolicyFact[],
  seq: number,
): AdminAnswer {
  if (!prepared.ok) return { id, ...prepared };
  const refusal = facts.find((fact) => fact.type === "CommandRefused");
  if (refusal?.type === "CommandRefused") {
    const { code, message } = refusal.data;
    return { id, ok: false, code: code as AdminCode, message };
  }
  return { id, ok: true, seq, result: prepared.result(facts) };
}

function answer(socket: DeskSocket, frame: AdminAnswer): void {
  send(socket, encodeFrame(frame));
}

function send(socket: DeskSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // The socket left while its answer was on the way; the answer is kept for when it is back.
  }
}
