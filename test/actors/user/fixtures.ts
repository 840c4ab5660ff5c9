/** Requests, limits and settlements as the edge would send them. */
import { runInMemory } from "#actors/kit/run-in-memory.ts";
import { userDecider } from "#actors/user/decider.ts";
import type { DataOf, RequestData } from "#actors/user/state.ts";
import type { BudgetData, LimitData } from "#events/user-events.ts";

export const START = Date.UTC(2026, 10, 16, 12, 0, 0);

export function limitOf(fields: Partial<LimitData> = {}): LimitData {
  return {
    name: "per-minute",
    metric: "requests",
    mode: "sliding",
    scope: "user",
    limit: 3,
    windowMs: 60_000,
    ...fields,
  };
}

export function budgetOf(fields: Partial<BudgetData> = {}): BudgetData {
  return {
    name: "monthly",
    scope: "user",
    period: "month",
    periodKey: "2026-11-01",
    limitNanos: 1_000,
    startsAt: Date.UTC(2026, 10, 1),
    resetsAt: Date.UTC(2026, 11, 1),
    thresholds: [0.8, 1],
    atLimit: "block",
    ...fields,
  };
}

export function requestOf(requestId: string, fields: Partial<RequestData> = {}): RequestData {
  return {
    requestId,
    member: "alice",
    tier: "standard",
    action: "chat.completion",
    dialect: "openai",
    model: "m",
    stream: false,
    policyVersion: 1,
    policyHash: "h",
    priceBook: "p",
    promptHash: "x",
    findings: [],
    chain: [{ provider: "openai", model: "m" }],
    limits: [],
    budgets: [],
    bound: { inputTokens: 10, outputTokens: 10, costNanos: 100 },
    accounting: "strict",
    deadlineAt: START + 600_000,
    ...fields,
  };
}

export function boundOf(tokens: number, costNanos: number): RequestData["bound"] {
  return { inputTokens: tokens, outputTokens: 0, costNanos };
}

export function settlementOf(
  requestId: string,
  costNanos: number,
  tokens = 0,
): DataOf<"RequestSettled"> {
  return {
    requestId,
    outcome: "completed",
    attempts: [],
    usage: { inputTokens: tokens, outputTokens: 0 },
    costNanos,
    estimated: false,
    overrunNanos: 0,
    cache: "off",
    findings: [],
    status: 200,
    latencyMs: 1,
  };
}

/** A run with the four commands that tests send most. */
export class Run {
  readonly run = runInMemory(userDecider);

  get state(): (typeof this.run)["state"] {
    return this.run.state;
  }

  admit(at: number, request: RequestData, verdict?: { code: string; by?: string }) {
    const command = { type: "admit", at, request } as const;
    const time = Math.max(at, this.state.lastAt);
    return this.run.execute(verdict ? { ...command, verdict } : command, time);
  }

  settle(at: number, requestId: string, costNanos: number, tokens = 0) {
    const settlement = settlementOf(requestId, costNanos, tokens);
    return this.run.execute({ type: "settle", at, settlement }, Math.max(at, this.state.lastAt));
  }

  release(at: number, requestId: string) {
    const time = Math.max(at, this.state.lastAt);
    return this.run.execute({ type: "release", at, requestId, reason: "no route" }, time);
  }

  extend(at: number, requestId: string, deadlineAt: number, costNanos: number) {
    const time = Math.max(at, this.state.lastAt);
    return this.run.execute({ type: "extend", at, requestId, deadlineAt, costNanos }, time);
  }

  expire(at: number) {
    return this.run.execute({ type: "expire", at }, Math.max(at, this.state.lastAt));
  }
}
