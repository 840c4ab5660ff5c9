/**
 * A shard whose views hold a month of many requests: folded by the code that folds live events, and
 * written by the code that writes them, without log, chain and senders, which would take minutes.
 */
import { LedgerActor } from "#actors/ledger/ledger-actor.ts";
import { CountingSql } from "#actors/ledger/sql.ts";
import { Views } from "#actors/ledger/views.ts";
import { GENESIS, type EventEnvelope } from "#events/envelope.ts";
import type { UserFact } from "#events/user-events.ts";
import { budgetAccount } from "#projections/budgets.ts";
import { admitted, requestId, settled } from "../test/support/sample-events.ts";
import type { ViewQuestion } from "./view-questions.ts";

/** 100 members who use five models each, over 30 days: 15,000 rows of sums by day. */
const members = 100;
const models = ["gpt-5", "gpt-5-mini", "claude-5", "gemini-3", "llama-5"];
const begin = Date.UTC(2026, 10, 1);
const monthMs = 30 * 86_400_000;
const requestsMax = 1_000_000;

/** The budgets of all, of a team and of each member, of the month and of each day. */
function budgetsOf(who: number, at: number) {
  const resetsAt = begin + monthMs;
  const terms = { limitNanos: 1e12, resetsAt, thresholds: [], atLimit: "block" as const };
  const month = { ...terms, period: "month" as const, periodKey: "2026-11-01" };
  const periodKey = new Date(at).toISOString().slice(0, 10);
  return {
    budgets: [
      { ...month, name: "own", scope: "user" },
      { ...month, name: "daily", scope: "user", period: "day" as const, periodKey },
    ],
    shared: [
      { ...month, name: "team", scope: `team:team-${who % 7}` },
      { ...month, name: "company", scope: "organisation" },
    ],
  };
}

/** The events of one request, as its member's stream has them. */
function eventsOf(n: number): EventEnvelope[] {
  const at = begin + Math.floor((n / requestsMax) * monthMs);
  const who = n % members;
  const model = models[(n + Math.floor(n / members)) % models.length] ?? "";
  const id = requestId(at, n);
  const latencyMs = 80 + ((n * 7_919) % 2_900);
  const facts: UserFact[] = [
    admitted({
      requestId: id,
      model,
      member: `member-${who}`,
      team: `team-${who % 7}`,
      ...budgetsOf(who, at),
    }),
    settled({
      requestId: id,
      servedModel: model,
      costNanos: 700 + (n % 99),
      latencyMs,
      firstByteMs: latencyMs >> 2,
      outcome: n % 50 === 0 ? "failed" : "completed",
    }),
  ];
  const seq = 2 * Math.floor(n / members);
  return facts.map((fact, index) => ({
    organisation: "bench",
    stream: `u_${who}`,
    epoch: 1,
    seq: seq + index + 1,
    at: at + index * latencyMs,
    cause: { command: id, member: `member-${who}` },
    prev: GENESIS,
    hash: GENESIS,
    ...fact,
  }));
}

/** The gateway's own actor, with a way to fill its views. */
export class FilledLedger extends LedgerActor {
  /** Folds requests `from` to `from + count`, exclusive, into the views. */
  async fill(from: number, count: number): Promise<number> {
    const views = new Views(new CountingSql(this.ctx.storage.sql));
    this.ctx.storage.transactionSync(() => {
      const requests = Array.from({ length: count }, (_, index) => eventsOf(from + index));
      const ids = requests.flatMap(([first]) => (first === undefined ? [] : [first.cause.command]));
      const workbench = views.workbench(ids);
      for (const event of requests.flat()) workbench.apply(event);
      views.write(workbench);
    });
    return count;
  }
}

/** Asks one question so often; each must have an answer. */
export async function askViews(
  ledger: FilledLedger,
  question: ViewQuestion,
  count: number,
): Promise<number> {
  const dayMs = 86_400_000;
  const day = begin + dayMs;
  const budgetsBy = async (dimension: "hour" | "model") => {
    const { budgets, shared } = budgetsOf(7, begin);
    const asked = [
      ...budgets.map((budget) => ({ account: budgetAccount(budget), user: "member-7" })),
      ...shared.map((budget) => ({ account: budgetAccount(budget) })),
    ];
    const answer = await ledger.budgetSums({ asked, groupBy: [dimension], from: begin });
    return answer.budgets.flatMap(({ groups }) => groups);
  };
  const ask: Record<ViewQuestion, () => Promise<readonly unknown[]>> = {
    "usage of the month in one sum": async () =>
      (await ledger.usage({ groupBy: [], filter: {} })).groups,
    "usage of the month by day and model": async () =>
      (await ledger.usage({ groupBy: ["day", "model"], filter: {} })).groups,
    "costs of the month by member": async () =>
      (await ledger.costs({ groupBy: ["user"], filter: {}, rankBy: "costNanos" })).groups,
    "usage of a day by hour": async () =>
      (await ledger.usage({ groupBy: ["hour"], filter: {}, from: day, to: day + dayMs })).groups,
    "usage of one member by day": async () =>
      (await ledger.usage({ groupBy: ["day"], filter: { user: "member-7" } })).groups,
    "budgets of a member, their team and all, by hour": () => budgetsBy("hour"),
    "budgets of a member, their team and all, by model": () => budgetsBy("model"),
    "audit list of one member and model, newest first": async () =>
      (await ledger.auditEvents({ filter: { user: "member-7", model: "gpt-5" }, limit: 50 }))
        .entries,
    "audit list of failures over an amount, in a week": async () => {
      const filter = {
        outcome: "failed" as const,
        costNanosMin: 750,
        from: day,
        to: day + 7 * dayMs,
      };
      return (await ledger.auditEvents({ filter, limit: 50 })).entries;
    },
  };
  for (let n = 0; n < count; n += 1) {
    if ((await ask[question]()).length === 0) throw new Error(`no answer: ${question}`);
  }
  return count;
}
