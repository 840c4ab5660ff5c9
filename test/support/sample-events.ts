/** Streams of events for tests: sealed as an actor would, with facts that the catalogue accepts. */
import {
  EMPTY_HEAD,
  seal,
  unseal,
  type Cause,
  type EventEnvelope,
  type Fact,
  type Head,
  type SealedEvent,
} from "#events/envelope.ts";
import type { PolicyFact } from "#events/policy-events.ts";
import type { UserFact } from "#events/user-events.ts";

type DataOf<T extends (UserFact | PolicyFact)["type"]> = Extract<
  UserFact | PolicyFact,
  { type: T }
>["data"];

/** 2026-11-21T09:00:00Z. */
export const MORNING = 1_795_251_600_000;

/** A UUIDv7 of a moment, told apart by a number. */
export function requestId(at: number, n: number): string {
  const time = at.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

export function asked(over: Partial<DataOf<"RequestAdmitted">> = {}) {
  return {
    requestId: requestId(MORNING, 1),
    member: "alice",
    keyId: "k1",
    team: "red",
    tier: "standard",
    action: "chat.completion",
    dialect: "openai",
    model: "gpt-5-mini",
    stream: false,
    ip: "192.0.2.1",
    userAgent: "test/1",
    policyVersion: 3,
    policyHash: "ab".repeat(32),
    priceBook: "book-1",
    promptHash: "cd".repeat(32),
    findings: [],
    ...over,
  };
}

export function admitted(over: Partial<DataOf<"RequestAdmitted">> = {}): UserFact {
  const data = {
    ...asked(over),
    chain: [{ provider: "openai", model: "gpt-5-mini" }],
    limits: [],
    budgets: [],
    bound: { inputTokens: 100, outputTokens: 100, costNanos: 1_000 },
    accounting: "strict" as const,
    deadlineAt: MORNING + 600_000,
    ...over,
  };
  return { type: "RequestAdmitted", v: 1, data };
}

export function refused(over: Partial<DataOf<"RequestRefused">> = {}): UserFact {
  const data = { ...asked(), code: "rate_limited", by: "per-minute", ...over };
  return { type: "RequestRefused", v: 1, data };
}

export function settlement(over: Partial<DataOf<"RequestSettled">> = {}): DataOf<"RequestSettled"> {
  const costNanos = over.costNanos ?? 700;
  return {
    requestId: requestId(MORNING, 1),
    outcome: "completed",
    attempts: [{ provider: "openai", model: "gpt-5-mini", status: 200, latencyMs: 120, costNanos }],
    provider: "openai",
    servedModel: "gpt-5-mini",
    usage: { inputTokens: 40, outputTokens: 20, cachedReadTokens: 8 },
    costNanos,
    estimated: false,
    overrunNanos: 0,
    cache: "miss",
    finish: "stop",
    findings: [],
    answerHash: "ef".repeat(32),
    status: 200,
    latencyMs: 130,
    firstByteMs: 30,
    ...over,
  };
}

export function settled(over: Partial<DataOf<"RequestSettled">> = {}): UserFact {
  return { type: "RequestSettled", v: 1, data: settlement(over) };
}

/** One stream that grows, as its actor's store would write it. */
export class SampleStream {
  readonly organisation: string;
  readonly stream: string;
  readonly events: SealedEvent[] = [];
  head: Head = EMPTY_HEAD;

  constructor(stream = "u_alice", organisation = "acme") {
    this.stream = stream;
    this.organisation = organisation;
  }

  append(
    fact: Fact,
    at = MORNING,
    cause: Cause = { command: "c1", member: "alice" },
  ): EventEnvelope {
    const sealed = seal(this.head, this, fact, at, cause);
    this.head = { epoch: 1, seq: sealed.seq, hash: sealed.hash };
    this.events.push(sealed);
    return unseal(sealed);
  }

  /** A request from admission to settlement. */
  request(
    n: number,
    at = MORNING,
    over: { cost?: number; model?: string; member?: string } = {},
  ): string {
    const id = requestId(at, n);
    const model = over.model ?? "gpt-5-mini";
    const member = over.member ?? "alice";
    this.append(admitted({ requestId: id, model, member }), at);
    this.append(
      settled({ requestId: id, servedModel: model, costNanos: over.cost ?? 700 }),
      at + 200,
    );
    return id;
  }

  /** A batch as a sender makes it: events `from` to `to`, both inclusive. */
  batch(from = 1, to = this.events.length) {
    const { organisation, stream } = this;
    return { organisation, stream, epoch: 1, events: this.events.slice(from - 1, to) };
  }
}
