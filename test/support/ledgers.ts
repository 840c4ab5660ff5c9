/** Ledgers for tests in workerd: fresh ones, and what they hold as text. */
import { tables } from "#projections/fold-batch.ts";
import { env, runInDurableObject } from "cloudflare:test";
import type { LedgerActor } from "#actors/ledger/ledger-actor.ts";

export type LedgerStub = DurableObjectStub<LedgerActor>;

let made = 0;

/** A ledger that no other test has seen. */
export function freshLedger(): LedgerStub {
  made += 1;
  const { LEDGER } = env as unknown as { LEDGER: DurableObjectNamespace<LedgerActor> };
  return LEDGER.getByName(`fresh-${made}`);
}

/** Every row of every view, as text: what "the same bytes" means. */
export function viewsOf(ledger: LedgerStub): Promise<string> {
  return runInDurableObject(ledger, (_actor, state) => {
    const views = tables.map(({ name: table }) =>
      state.storage.sql.exec(`SELECT * FROM "${table}"`).toArray(),
    );
    return JSON.stringify(views, null, 1);
  });
}

/** Rows that a ledger wrote since it woke. */
export function rowsWritten(ledger: LedgerStub): Promise<number> {
  return runInDurableObject(ledger, (actor: LedgerActor) => actor.rowsWritten);
}
