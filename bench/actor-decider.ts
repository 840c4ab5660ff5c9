/** What one admission and its settlement cost to decide and fold: microseconds of CPU per pair. */
import { runInMemory } from "#actors/kit/run-in-memory.ts";
import { userDecider } from "#actors/user/decider.ts";
import type { BudgetData, LimitData } from "#events/user-events.ts";
import { budgetOf, limitOf, requestOf, settlementOf, START } from "../test/actors/user/fixtures.ts";

function usPerPair(limits: LimitData[], budgets: BudgetData[], pairs = 40_000): number {
  const run = runInMemory(userDecider);
  const from = process.cpuUsage();
  for (let i = 0; i < pairs; i++) {
    const at = START + i * 7;
    const requestId = `0190c3f2-7c1e-7000-8000-${String(i).padStart(12, "0")}`;
    const request = requestOf(requestId, {
      keyId: "k1",
      limits,
      budgets,
      deadlineAt: at + 600_000,
    });
    run.execute({ type: "admit", at, request }, at);
    run.execute({ type: "settle", at, settlement: settlementOf(requestId, 60, 12) }, at);
    // A real actor keeps no list of facts in memory.
    run.facts.length = 0;
  }
  const { user, system } = process.cpuUsage(from);
  if (run.state.outcomes.size === 0) throw new Error("nothing was settled");
  return (user + system) / pairs;
}

const budget = budgetOf({ limitNanos: 1e15 });
const few: [LimitData[], BudgetData[]] = [[limitOf({ limit: 1e6 })], [budget]];
const many: [LimitData[], BudgetData[]] = [
  Array.from({ length: 10 }, (_, i) =>
    limitOf({ name: `l${i}`, metric: i % 2 === 0 ? "requests" : "tokens", limit: 1e7 }),
  ),
  ["day", "week", "month"].map((name) => ({ ...budget, name })),
];

usPerPair(...few);
const rounds = Array.from({ length: 5 }, () => [usPerPair(...few), usPerPair(...many)] as const);
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[2] ?? 0;
console.log(
  `1 limit, 1 budget: ${median(rounds.map(([us]) => us)).toFixed(1)} us per admit + settle`,
);
console.log(
  `10 limits, 3 budgets: ${median(rounds.map(([, us]) => us)).toFixed(1)} us per admit + settle`,
);

const run = runInMemory(userDecider);
for (let i = 0; i < 10_000; i++) {
  const at = START + i * 5;
  run.execute(
    { type: "admit", at, request: requestOf(`r${i}`, { limits: few[0], budgets: few[1] }) },
    at,
  );
  run.execute({ type: "settle", at, settlement: settlementOf(`r${i}`, 60, 12) }, at);
}
const text = JSON.stringify(userDecider.toSnapshot(run.state));
const wakes = Array.from({ length: 5 }, () => {
  const from = process.cpuUsage();
  userDecider.fromSnapshot(JSON.parse(text));
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1_000;
});
console.log(
  `10,000 requests in the window: a snapshot of ${text.length} bytes, awake in ${median(wakes).toFixed(1)} ms (first ${(wakes[0] ?? 0).toFixed(1)} ms)`,
);
