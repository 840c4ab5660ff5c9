/** Budgets of one stream, counted as docs/reference/log-format.md says and by nothing of the gateway's. */

type Json = Record<string, unknown>;

interface Account {
  booked: number;
  held: number;
}

/** The `tally` of a base's line. */
export interface PackedBooks {
  accounts: [key: string, booked: number, held: number][];
  open: [requestId: string, held: number, keys: string[]][];
}

interface Budget {
  name: string;
  period: string;
  periodKey: string;
  scope: string;
  limitNanos: number;
  atLimit: string;
}

export class PageBooks {
  readonly #accounts = new Map<string, Account>();
  readonly #open = new Map<string, { held: number; keys: string[] }>();

  constructor(packed: PackedBooks | null = null) {
    for (const [key, booked, held] of packed?.accounts ?? [])
      this.#accounts.set(key, { booked, held });
    for (const [id, held, keys] of packed?.open ?? []) this.#open.set(id, { held, keys });
  }

  /** Books an event; false where an admission passes a budget that blocks. */
  take(type: string, data: Json): boolean {
    if (type === "RequestAdmitted") return this.#admit(data);
    if (type.startsWith("RulePast") && data["budget"] !== undefined)
      this.#anew(data["budget"] as Budget);
    const id = String(data["requestId"]);
    const known = this.#open.get(id);
    if (known === undefined) return true;
    const costNanos = Number(data["costNanos"] ?? 0);
    if (type === "HoldExtended" && costNanos > known.held) {
      this.#move(known.keys, costNanos - known.held, 0);
      known.held = costNanos;
    }
    if (!["RequestSettled", "ExpiryCorrected", "RequestReleased"].includes(type)) return true;
    this.#move(known.keys, -known.held, costNanos);
    this.#open.delete(id);
    return true;
  }

  #admit(data: Json): boolean {
    const { costNanos } = data["bound"] as { costNanos: number };
    const budgets = data["budgets"] as Budget[];
    const keys = budgets.map((one) => `${periodOf(one)}${one.scope}`);
    for (const key of keys)
      if (!this.#accounts.has(key)) this.#accounts.set(key, { booked: 0, held: 0 });
    this.#open.set(String(data["requestId"]), { held: costNanos, keys });
    this.#move(keys, costNanos, 0);
    return budgets.every(({ atLimit, limitNanos }, index) => {
      const { booked = 0, held = 0 } = this.#accounts.get(keys[index] ?? "") ?? {};
      return atLimit === "allow" || costNanos === 0 || booked + held <= limitNanos;
    });
  }

  /** A budget that picks other requests from here on: what it counted is not its own. */
  #anew(budget: Budget): void {
    for (const key of this.#accounts.keys()) {
      if (key.startsWith(periodOf(budget))) this.#accounts.delete(key);
    }
    for (const open of this.#open.values()) {
      open.keys = open.keys.filter((key) => !key.startsWith(periodOf(budget)));
    }
  }

  #move(keys: readonly string[], held: number, booked: number): void {
    for (const key of keys) {
      const account = this.#accounts.get(key);
      if (account === undefined) continue;
      account.held += held;
      account.booked += booked;
    }
  }
}

const periodOf = ({ name, period, periodKey }: Budget): string => `${name}|${period}|${periodKey}|`;
