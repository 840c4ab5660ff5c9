/** What a principal tells of the time before a shared budget counted, and what ends there later. */
import { expect, test } from "vitest";
import type { LeaseOpening } from "#actors/user/lease-past.ts";
import { leaseOf, leaseRefOf } from "#actors/user/leases.ts";
import type { RequestData } from "#actors/user/state.ts";
import { boundOf, budgetOf, requestOf, Run, START } from "./fixtures.ts";

const startsAt = Date.UTC(2026, 10, 1);

function openingOf(name: string, scope: string, more: Partial<LeaseOpening> = {}): LeaseOpening {
  const lease = leaseRefOf(budgetOf({ name, scope }));
  return { lease, startsAt, whole: true, ...more };
}

function admit(run: Run, id: string, costNanos: number, more: Partial<RequestData> = {}): void {
  run.admit(START, requestOf(id, { bound: boundOf(1, costNanos), ...more }));
}

const open = (run: Run, opening: LeaseOpening, version = 2) =>
  run.run.execute({ type: "open-lease", at: START, opening, version }, START);

test("a route's new budget counts what was spent on that route, and no more", () => {
  const run = new Run();
  admit(run, "a", 100, { route: { name: "agents" } });
  admit(run, "b", 30, { route: { name: "agents" } });
  admit(run, "c", 7, { route: { name: "rest" } });
  admit(run, "d", 1);
  run.settle(START, "a", 60);
  const opening = openingOf("each", "route:agents");
  open(run, opening);
  const lease = () => leaseOf(run.state, opening.lease);
  expect(lease()).toMatchObject({ usedNanos: 60, heldNanos: 30, pastNanos: 90 });
  for (const id of ["b", "c", "d"]) run.settle(START, id, 1);
  expect(lease()).toMatchObject({ usedNanos: 61, heldNanos: 0 });
});

test("a team's budget that picks some requests takes no others in when its parent changes", () => {
  const run = new Run();
  const budget = budgetOf({ name: "big", scope: "team:red", whole: false });
  const opening = openingOf("big", "team:red", { whole: false, since: 0 });
  run.run.execute(
    { type: "lease-granted", at: START, granted: { lease: opening.lease, grantedNanos: 500 } },
    START,
  );
  admit(run, "mine", 100, { team: "red", shared: [budget] });
  admit(run, "other", 40, { team: "red" });
  open(run, { ...opening, parent: "org" });
  const lease = () => leaseOf(run.state, opening.lease);
  expect(lease()).toMatchObject({ parent: "org", usedNanos: 0, heldNanos: 100 });
  run.settle(START, "other", 25);
  expect(lease()).toMatchObject({ usedNanos: 0, heldNanos: 100 });
  run.settle(START, "mine", 70);
  expect(lease()).toMatchObject({ usedNanos: 70, heldNanos: 0 });
});
