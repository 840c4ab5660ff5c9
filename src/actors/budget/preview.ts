/** What facts would make of a state, without changing it: deciders look before they say. */
import type { BudgetFact, LeaseRefData } from "#events/budget-events.ts";
import {
  emptyAccount,
  evolve,
  ownSpare,
  periodIn,
  type Account,
  type BudgetState,
} from "./state.ts";

/** The account of a lease's period; an empty one that is kept nowhere when there is none. */
export function accountOf(state: BudgetState, lease: LeaseRefData): Account {
  return state.accounts.get(periodIn(lease)) ?? emptyAccount(lease);
}

/** The state with its own copies of accounts, to look at what facts would make of them. */
export function copyOf(state: BudgetState, lease: LeaseRefData): BudgetState {
  const accounts = new Map(state.accounts);
  accounts.set(periodIn(lease), accountOf(state, lease));
  for (const [key, account] of accounts) {
    accounts.set(key, {
      ...account,
      own: { ...account.own },
      former: { ...account.former },
      crossed: [...account.crossed],
      children: new Overlay(account.children),
    });
  }
  return { ...state, accounts };
}

/** A copy of a map that copies an entry only once it is read: children may be thousands. */
class Overlay<V extends object> extends Map<string, V> {
  readonly #under: ReadonlyMap<string, V>;

  constructor(under: ReadonlyMap<string, V>) {
    super();
    this.#under = under;
  }

  override get(key: string): V | undefined {
    const own = super.get(key);
    const below = own === undefined ? this.#under.get(key) : undefined;
    if (below === undefined) return own;
    const copy = { ...below };
    super.set(key, copy);
    return copy;
  }

  override has(key: string): boolean {
    return super.has(key) || this.#under.has(key);
  }

  override *[Symbol.iterator](): MapIterator<[string, V]> {
    for (const [key, value] of this.#under) yield [key, super.get(key) ?? value];
    for (const entry of super.entries()) if (!this.#under.has(entry[0])) yield entry;
  }
}

export function fold(state: BudgetState, facts: readonly BudgetFact[], at: number): BudgetState {
  let next = state;
  for (const fact of facts) next = evolve(next, fact, at);
  return next;
}

/** What is out here, and no lease of the parent covers, is told to the parent as past. */
export function openOwn(state: BudgetState, lease: LeaseRefData): BudgetFact[] {
  const account = accountOf(state, lease);
  const { parent } = state;
  const owed = -ownSpare(account);
  if (parent === undefined || owed <= 0) return [];
  const data = { lease, parent, pastNanos: account.own.pastNanos + owed };
  return [{ type: "NodeLeaseOpened", v: 1, data }];
}
