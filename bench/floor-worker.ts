/**
 * The least that keeps books: what a Worker and one actor cost that do only what every gateway must
 * whose admissions are durable. The body is read and sent on, one call to the caller's actor carries a
 * command of usual size and the settlement before it, two rows are written and committed before the
 * answer, with their neighbours where there are any. Nobody is authenticated, nothing is scanned,
 * decided, hashed, priced or collected.
 */
import { DurableObject } from "cloudflare:workers";

interface Env {
  UPSTREAM: string;
  USERS: DurableObjectNamespace<UserActor>;
}
interface Command {
  admission: object;
  settlement: object | undefined;
}
interface Waiting {
  command: Command;
  resolve(answer: object): void;
}

/** As large as an admission of the starting policy. */
const admission = {
  home: { organisation: "bench", stream: "s".repeat(40), ledger: "l".repeat(40) },
  ledgerShards: 1,
  request: {
    member: "user0",
    tier: "standard",
    action: "chat.completion",
    dialect: "openai-chat",
    model: "gpt-5-mini",
    stream: false,
    policyVersion: 1,
    policyHash: "p".repeat(64),
    priceBook: "2026-01-01",
    promptHash: "h".repeat(64),
    findings: [],
    chain: [{ provider: "development", model: "gpt-5-mini" }],
    bound: { inputTokens: 100, outputTokens: 100, costNanos: 100_000 },
    limits: [
      { name: "requests", scope: "user/user0", metric: "requests", mode: "sliding", limit: 1e9 },
    ],
    budgets: [
      {
        name: "month",
        scope: "user/user0",
        limitNanos: 1e15,
        startsAt: 1,
        resetsAt: 2,
        warn: [80],
      },
    ],
    accounting: "strict",
    deadlineAt: 1_800_000_000_000,
    keyId: "k".repeat(12),
    ip: "127.0.0.1",
    userAgent: "bench",
  },
};
const settlement = {
  outcome: "completed",
  attempts: [
    {
      provider: "development",
      model: "gpt-5-mini",
      credential: "default",
      status: 200,
      latencyMs: 1,
      usage: { inputTokens: 20, outputTokens: 10 },
      price: { inputNanos: 250_000_000, outputNanos: 2_000_000_000, cachedNanos: 25_000_000 },
      costNanos: 25_000,
    },
  ],
  usage: { inputTokens: 20, outputTokens: 10 },
  costNanos: 25_000,
  estimated: false,
  overrunNanos: 0,
  cache: "off",
  findings: [],
  status: 200,
  latencyMs: 2,
  answerHash: "a".repeat(64),
};
const left = [
  {
    name: "requests",
    metric: "requests",
    limit: 1e9,
    remaining: 1e9,
    resetsAt: 1,
    windowMs: 60_000,
  },
  { name: "month", metric: "usd", kind: "budget", limit: 1e15, remaining: 1e15, resetsAt: 1 },
];
/** As long as the canonical text of an event. */
const row = "e".repeat(1_100);
/** Commits at once after one that waited and found no company. */
const aloneMax = 15;

export class UserActor extends DurableObject {
  #waiting: Waiting[] = [];
  #alone = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
    );
  }

  admit(command: Command): Promise<object> {
    return new Promise((resolve) => {
      this.#waiting.push({ command, resolve });
      if (this.#waiting.length > 1) return;
      this.#alone -= 1;
      if (this.#alone >= 0) this.#commit();
      else setTimeout(() => this.#commit(), 0);
    });
  }

  #commit(): void {
    const all = this.#waiting;
    this.#waiting = [];
    if (this.#alone < 0) this.#alone = all.length === 1 ? aloneMax : 0;
    const rows = all.reduce(
      (sum, { command }) => sum + (command.settlement === undefined ? 1 : 2),
      0,
    );
    if (rows === 0) return;
    const values = Array.from({ length: rows }, () => "(?, ?)").join(", ");
    const bound = Array.from({ length: rows }, () => [row, "h"]).flat();
    this.ctx.storage.sql.exec(`INSERT INTO events (body, hash) VALUES ${values}`, ...bound);
    for (const each of all) each.resolve({ outcome: "admitted", holdNanos: 100_000, limits: left });
  }
}

/** What is never called; the namespaces are those of the gateway. */
export class PolicyActor extends DurableObject {}
export class LedgerActor extends DurableObject {}
export class BudgetActor extends DurableObject {}

let settled = 0;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const body = await request.text();
    const carried = settled > 0;
    if (carried) settled -= 1;
    await env.USERS.getByName("user0").admit({
      admission,
      settlement: carried ? settlement : undefined,
    });
    const { pathname } = new URL(request.url);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(env.UPSTREAM + pathname, { method: "POST", headers, body });
    settled += 1;
    if (answer.headers.get("content-type")?.startsWith("text/event-stream") === true) return answer;
    return new Response(await answer.text(), { headers });
  },
};
