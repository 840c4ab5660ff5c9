/** Every budget with how far each of its holders is, and every limit; as the live policy has them. */
import { useState } from "react";
import { readSums, sum } from "../data/books.ts";
import { useMembers, usePolicy, type LivePolicy } from "../data/policy.ts";
import { useSession } from "../data/session.ts";
import { useAdminState } from "../data/use-admin.ts";
import { useLoad } from "../data/use-load.ts";
import { useTail, useThrottled } from "../data/use-tail.ts";
import { budgetPeriod, type Holder } from "../logic/budgets.ts";
import { LiveBadge, Page } from "../ui/page.tsx";
import { Show } from "../ui/states.tsx";
import { BudgetCard, type Spends } from "./budget-card.tsx";
import { LimitsCard } from "./limits-card.tsx";
import { NumberDialog, type NumberEdit } from "./number-dialog.tsx";

/** What each member spent since each period of the budgets began. */
async function readSpends(policy: LivePolicy, at: number, signal: AbortSignal): Promise<Spends> {
  const { budgets, timeZone } = policy.document;
  const starts = new Set(budgets.map((budget) => budgetPeriod(budget, at, timeZone).startsAt));
  const spends: Spends = new Map();
  await Promise.all(
    [...starts].map(async (from) => {
      const { rows } = await readSums("costs", { by: "user", from }, signal);
      spends.set(from, new Map(rows.map((row) => [String(row["user"]), sum(row, "costNanos")])));
    }),
  );
  return spends;
}

function Shown(props: {
  policy: LivePolicy;
  holders: readonly Holder[];
  onEdit: ((edit: NumberEdit) => void) | undefined;
}) {
  const { policy, holders, onEdit } = props;
  const loaded = useLoad(`spends ${policy.version}`, (signal) =>
    readSpends(policy, Date.now(), signal),
  );
  const refresh = useThrottled(loaded.reload, 10_000);
  useTail({ kind: "request" }, { entries: refresh, opened: (isFirst) => isFirst || refresh() });
  return (
    <div className="stack">
      <Show loaded={loaded}>
        {(spends) =>
          policy.document.budgets.map((budget) => (
            <BudgetCard
              key={budget.name}
              budget={budget}
              document={policy.document}
              holders={holders}
              spends={spends}
              onEdit={onEdit}
            />
          ))
        }
      </Show>
      <LimitsCard document={policy.document} onEdit={onEdit} />
    </div>
  );
}

export function Budgets() {
  const policy = usePolicy();
  const members = useMembers();
  const state = useAdminState();
  const isAdmin = useSession().role === "admin";
  const [edit, setEdit] = useState<NumberEdit>();
  return (
    <Page
      title="Budgets and limits"
      about="Spend is what the books have settled; open holds count against a budget too, and are asked of its actor at each admission."
      actions={<LiveBadge state={state} />}
    >
      <Show loaded={members}>
        {({ members: holders }) => (
          <Show loaded={policy}>
            {(live) => (
              <>
                <Shown policy={live} holders={holders} onEdit={isAdmin ? setEdit : undefined} />
                {edit === undefined ? null : (
                  <NumberDialog
                    edit={edit}
                    policy={live}
                    onPublished={policy.reload}
                    onClose={() => setEdit(undefined)}
                  />
                )}
              </>
            )}
          </Show>
        )}
      </Show>
    </Page>
  );
}
