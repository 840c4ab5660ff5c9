/** One organisation of actors in the workers pool: users of a team whose budget is part of the organisation's. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { BudgetActor } from "#actors/budget/budget-actor.ts";
import { refOf } from "#actors/budget/terms.ts";
import { budgetStream } from "#actors/kit/names.ts";
import type { AdmitReply } from "#actors/user/commands.ts";
import type { UserActor } from "#actors/user/user-actor.ts";
import type { SharedBudgetData } from "#events/user-events.ts";
import type { PolicyWhen } from "#policy/document.ts";
import { boundOf, budgetOf, requestOf, settlementOf } from "../user/fixtures.ts";

export const bindings = env as unknown as {
  USERS: DurableObjectNamespace<UserActor>;
  BUDGETS: DurableObjectNamespace<BudgetActor>;
  TALLYGATE_SECRET: string;
};
const now = Date.now();
let worlds = 0;

/** One organisation of its own, with a team's budget that is part of the organisation's. */
export class World {
  readonly organisation = `org-${worlds++}-${now}`;
  teamNanos = 1_000;
  orgNanos = 10_000;
  version = 1;
  team = "red";
  #ids = 0;

  get shared(): SharedBudgetData[] {
    const today = { startsAt: now - 86_400_000, resetsAt: now + 86_400_000 };
    const parent = { ...budgetOf(today), name: "org", scope: "organisation" };
    parent.limitNanos = this.orgNanos;
    const team = { ...budgetOf(today), name: "team", scope: `team:${this.team}` };
    return [{ ...team, limitNanos: this.teamNanos, parent }];
  }

  node(budget: string, scope: string) {
    const { organisation } = this;
    return bindings.BUDGETS.getByName(
      budgetStream(bindings.TALLYGATE_SECRET, organisation, budget, scope),
    );
  }

  home(stream: string) {
    return { organisation: this.organisation, stream, ledger: `${this.organisation}-0` };
  }

  user(name: string) {
    return bindings.USERS.getByName(`${this.organisation}-${name}`);
  }

  async admit(name: string, costNanos: number, id = `r${this.#ids++}`): Promise<AdmitReply> {
    const stream = `${this.organisation}-${name}`;
    const request = requestOf(id, {
      policyVersion: this.version,
      bound: boundOf(1, costNanos),
      shared: this.shared,
      deadlineAt: Date.now() + 600_000,
    });
    const command = { home: this.home(stream), at: Date.now(), request, ledgerShards: 1 };
    return this.user(name).admit(command);
  }

  /** Spends as a member of the team, under no budget but those that are given. */
  async spend(name: string, id: string, costNanos: number, model = "m"): Promise<void> {
    const home = this.home(`${this.organisation}-${name}`);
    const bound = boundOf(1, costNanos);
    const request = requestOf(id, { team: "red", model, bound, deadlineAt: Date.now() + 600_000 });
    const at = Date.now();
    const reply = await this.user(name).admit({ home, at, request, ledgerShards: 1 });
    expect(reply).toMatchObject({ outcome: "admitted" });
  }

  /** Asks a member what they spent before the budgets were there. */
  async openLeases(name: string): Promise<void> {
    const home = this.home(`${this.organisation}-${name}`);
    const openings = this.shared.flatMap(({ parent, ...team }) => {
      const { startsAt = 0 } = team;
      const ends = { lease: refOf(team), startsAt, parent: parent?.name, whole: true };
      const above = { startsAt, whole: true, below: [team.name] };
      return parent === undefined ? [ends] : [{ ...above, lease: refOf(parent) }, ends];
    });
    const { version } = this;
    await this.user(name).openLeases({ home, ledgerShards: 1, version, openings });
  }

  /** Asks a member what they spent that a team's budget of its own picks. */
  async openPicked(name: string, when: PolicyWhen, since: number): Promise<void> {
    const home = this.home(`${this.organisation}-${name}`);
    const [{ parent: _parent, ...team }] = this.shared as [SharedBudgetData];
    const own = { lease: refOf(team), startsAt: team.startsAt ?? 0, whole: false };
    const { version } = this;
    const openings = [{ ...own, when, since }];
    await this.user(name).openLeases({ home, ledgerShards: 1, version, openings });
  }

  settle(name: string, id: string, costNanos: number): Promise<void> {
    const home = this.home(`${this.organisation}-${name}`);
    const settlement = settlementOf(id, costNanos);
    return this.user(name).settle([{ home, at: Date.now(), settlement }]);
  }

  setLimit(
    budget: string,
    scope: string,
    limitNanos: number,
    more: boolean | { counted?: boolean; since?: number } = false,
  ) {
    const stream = budgetStream(bindings.TALLYGATE_SECRET, this.organisation, budget, scope);
    const home = this.home(stream);
    const terms = { budget, scope, version: this.version, limitNanos, thresholds: [1] };
    const given = typeof more === "boolean" ? { counted: more } : more;
    const { counted = false, since }: { counted?: boolean; since?: number } = given;
    const command = { home, ...terms, counted };
    if (since !== undefined) return this.node(budget, scope).setLimit({ ...command, since });
    return this.node(budget, scope).setLimit(
      scope === "organisation" ? command : { ...command, parent: "org" },
    );
  }
}
