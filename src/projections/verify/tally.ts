/**
 * Budgets counted once more, without the deciders: what each budget's period was charged and holds,
 * by the admissions that name it. Shares no arithmetic with what it checks.
 */
import type { UserFact } from "#events/user-events.ts";

interface Account {
  key: string;
  booked: number;
  held: number;
}

type Budget = Extract<UserFact, { type: "RequestAdmitted" }>["data"]["budgets"][number];
/** Budgets whose accounts are known without a look; a request has a few. */
const knownMax = 16;

interface Open {
  held: number;
  accounts: Account[];
}

/** A tally as plain data: accounts, and open requests with the accounts that hold them. */
export interface PackedTally {
  accounts: [key: string, booked: number, held: number][];
  open: [requestId: string, held: number, accounts: string[]][];
}

export class BudgetTally {
  readonly #accounts = new Map<string, Account>();
  readonly #open = new Map<string, Open>();
  readonly #known = new Map<Budget, Account>();

  /** The tally that was packed. */
  static unpack({ accounts, open }: PackedTally): BudgetTally {
    const tally = new BudgetTally();
    for (const [key, booked, held] of accounts) tally.#accounts.set(key, { key, booked, held });
    for (const [requestId, held, keys] of open) {
      const known = keys.flatMap((key) => tally.#accounts.get(key) ?? []);
      tally.#open.set(requestId, { held, accounts: known });
    }
    return tally;
  }

  /** Forgets accounts and open requests that nothing can be booked to any more. */
  keep(isAccount: (key: string) => boolean, isOpen: (requestId: string) => boolean): void {
    this.#known.clear();
    for (const key of this.#accounts.keys()) if (!isAccount(key)) this.#accounts.delete(key);
    for (const [id, open] of this.#open) {
      if (!isOpen(id)) this.#open.delete(id);
      else open.accounts = open.accounts.filter(({ key }) => this.#accounts.has(key));
    }
  }

  pack(): PackedTally {
    return {
      accounts: [...this.#accounts.values()].map(({ key, booked, held }) => [key, booked, held]),
      open: [...this.#open].map(([id, { held, accounts }]) => [
        id,
        held,
        accounts.map(({ key }) => key),
      ]),
    };
  }

  /** Counts a fact; says which budget an admission broke. */
  take(fact: UserFact): string | undefined {
    if (fact.type === "RequestAdmitted") return this.#admit(fact.data);
    if (fact.type === "RulePastCounted" || fact.type === "RulePastAwaited") this.#anew(fact.data);
    if (fact.type === "HoldExtended") this.#extend(fact.data.requestId, fact.data.costNanos);
    if (fact.type === "RequestReleased") this.#end(fact.data.requestId, 0);
    if (fact.type === "RequestSettled") this.#end(fact.data.requestId, fact.data.costNanos);
    // An expired hold is charged as it was held, until its truth comes.
    if (fact.type === "ExpiryCorrected") this.#end(fact.data.requestId, fact.data.costNanos);
    return undefined;
  }

  /** A budget that picks something else from here on: what is counted under its name is not its own. */
  #anew({
    budget,
  }: {
    budget?: { name: string; period: string; periodKey: string } | undefined;
  }): void {
    if (budget === undefined) return;
    const prefix = `${budget.name}|${budget.period}|${budget.periodKey}|`;
    const isOld = ({ key }: Account): boolean => key.startsWith(prefix);
    for (const open of this.#open.values()) {
      if (open.accounts.some(isOld)) open.accounts = open.accounts.filter((one) => !isOld(one));
    }
    for (const account of this.#accounts.values())
      if (isOld(account)) this.#accounts.delete(account.key);
  }

  #admit(data: Extract<UserFact, { type: "RequestAdmitted" }>["data"]): string | undefined {
    const { costNanos } = data.bound;
    const accounts: Account[] = [];
    let broken: string | undefined;
    for (const budget of data.budgets) {
      const account = this.#accountOf(budget);
      account.held += costNanos;
      accounts.push(account);
      const total = account.booked + account.held;
      if (costNanos > 0 && budget.atLimit !== "allow" && total > budget.limitNanos) {
        broken = `budget "${budget.name}" of ${budget.limitNanos} has ${total} booked and held`;
      }
    }
    this.#open.set(data.requestId, { held: costNanos, accounts });
    return broken;
  }

  /** The account of a budget; the same budget again, as events may share theirs, is not looked up. */
  #accountOf(budget: Budget): Account {
    const known = this.#known.get(budget);
    if (known !== undefined) return known;
    const key = `${budget.name}|${budget.period}|${budget.periodKey}|${budget.scope}`;
    let account = this.#accounts.get(key);
    if (account === undefined) this.#accounts.set(key, (account = { key, booked: 0, held: 0 }));
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(budget, account);
    return account;
  }

  #extend(requestId: string, costNanos: number): void {
    const open = this.#open.get(requestId);
    if (open === undefined || costNanos <= open.held) return;
    for (const account of open.accounts) account.held += costNanos - open.held;
    open.held = costNanos;
  }

  /** Books a cost in place of what is held. */
  #end(requestId: string, costNanos: number): void {
    const open = this.#open.get(requestId);
    if (open === undefined) return;
    for (const account of open.accounts) {
      account.held -= open.held;
      account.booked += costNanos;
    }
    this.#open.delete(requestId);
  }
}
