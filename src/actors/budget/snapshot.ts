/** The state as plain JSON and back. Children are lists: thousands of them share one row. */
import type { RateChild, RateState } from "./rate-state.ts";
import { initialState, type Account, type BudgetState, type Child } from "./state.ts";

type Packed = [string, ...number[]];
type Stored = Omit<BudgetState, "accounts" | "rate"> & {
  rate: Omit<RateState, "children"> & { children: [string, RateChild][] };
  accounts: [string, Omit<Account, "children"> & { children: Packed[] }][];
};

export function toSnapshot(state: BudgetState): unknown {
  const accounts = [...state.accounts].map(([key, account]) => [
    key,
    { ...account, children: [...account.children].map(pack) },
  ]);
  const { children } = state.rate;
  return { ...state, accounts, rate: { ...state.rate, children: [...children] } };
}

/** The state that `toSnapshot` wrote. The JSON becomes part of the state: give it away. */
export function fromSnapshot(json: unknown): BudgetState {
  const stored = json as Stored;
  const accounts = stored.accounts.map(([key, account]): [string, Account] => [
    key,
    { ...account, children: new Map(account.children.map(unpack)) },
  ]);
  const rate = { ...stored.rate, children: new Map(stored.rate.children) };
  return { ...initialState(), ...stored, accounts: new Map(accounts), rate };
}

function pack([name, child]: [string, Child]): Packed {
  const { grantedNanos, returnedNanos, usedNanos, heldNanos } = child;
  const { seq, grantedAt, sizeNanos, recall, pastNanos, prepaidNanos } = child;
  return [
    name,
    grantedNanos,
    returnedNanos,
    usedNanos,
    heldNanos,
    seq,
    grantedAt,
    sizeNanos,
    recall,
    pastNanos,
    prepaidNanos,
  ];
}

function unpack([name, ...numbers]: Packed): [string, Child] {
  const [grantedNanos = 0, returnedNanos = 0, usedNanos = 0, heldNanos = 0] = numbers;
  const [, , , , seq = -1, grantedAt = 0, sizeNanos = 0, recall = 0] = numbers;
  const [pastNanos = 0, prepaidNanos = 0] = numbers.slice(8);
  const child = { grantedNanos, returnedNanos, usedNanos, heldNanos, pastNanos, prepaidNanos };
  return [name, { ...child, seq, grantedAt, sizeNanos, recall }];
}
