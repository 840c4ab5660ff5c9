/** A budget tells its parent where a lease of it stands. */
import type { Env } from "#actors/kit/env.ts";
import { budgetStream, ledgerName } from "#actors/kit/names.ts";
import type { LeaseRefData } from "#events/budget-events.ts";
import type { LeaseTotals } from "./api.ts";
import { parentOf } from "./children.ts";

/** Tells the parent where a lease of it stands. Throws when the parent cannot be reached. */
export async function tellParent(
  env: Env,
  { organisation, stream: child }: { organisation: string; stream: string },
  ledgerShards: number,
  { parent, own }: { parent: string; own: LeaseRefData },
  totals: LeaseTotals,
): Promise<void> {
  const { TALLYGATE_SECRET: secret } = env;
  const lease = { ...own, budget: parent, scope: "organisation" };
  const stream = budgetStream(secret, organisation, parent, lease.scope);
  const ledger = ledgerName(secret, organisation, stream, ledgerShards);
  const home = { organisation, stream, ledger };
  await parentOf(env, stream).returnLease({ home, child, lease, totals });
}
