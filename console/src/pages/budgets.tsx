/** Every budget with how far each of its holders is, and every limit; as the live policy has them. */
import { useState } from "react";
import { readBudgets, readSums, sum } from "../data/books.ts";
import { useMembers, usePolicy, type LivePolicy } from "../data/policy.ts";
import { useSession } from "../data/session.ts";
import { useAdminEvents, useAdminState } from "../data/use-admin.ts";
import { useLoad } from "../data/use-load.ts";
import { useTail, useThrottled } from "../data/use-tail.ts";
import { budgetPeriod, membersToAsk, type BudgetView, type Holder } from "../logic/budgets.ts";
import { LiveBadge, Page } from "../ui/page.tsx";
import { Show } from "../ui/states.tsx";
import { BudgetCard } from "./budget-card.tsx";
import { LimitsCard } from "./limits-card.tsx";
import { NumberDialog, type NumberEdit } from "./number-dialog.tsx";

/** As many as one question takes; the bars of others show once they are among those who spend. */
const membersAsked = 50;

/** Where everything stands, asked of the actors that decide; the busiest members' accounts too. */
async function readView(
  policy: LivePolicy,
  holders: readonly Holder[],
  signal: AbortSignal,
): Promise<BudgetView> {
  const at = Date.now();
  const { document } = policy;
  const starts = document.budgets.map((each) => budgetPeriod(each, at, document.timeZone).startsAt);
  const { rows } = await readSums("costs", { by: "user", from: Math.min(at, ...starts) }, signal);
  const spent = new Map(rows.map((row) => [String(row["user"]), sum(row, "costNanos")]));
  const standings = await readBudgets(membersToAsk(holders, spent, membersAsked), signal);
  return { document, holders, standings, at };
}

function Shown(props: {
  policy: LivePolicy;
  holders: readonly Holder[];
  onEdit: ((edit: NumberEdit) => void) | undefined;
}) {
  const { policy, holders, onEdit } = props;
  const loaded = useLoad(`standings ${policy.version}`, (signal) =>
    readView(policy, holders, signal),
  );
  const refresh = useThrottled(loaded.reload, 10_000);
  useTail({ kind: "request" }, { entries: refresh, opened: refresh });
  useAdminEvents(["BudgetLimitsEffective"], loaded.reload);
  return (
    <div className="side-by-side">
      <Show loaded={loaded}>
        {(view) =>
          policy.document.budgets.map((budget) => (
            <BudgetCard
              key={budget.name}
              budget={budget}
              view={view}
              version={policy.version}
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
      about="Settled, held by open requests, leased to users: asked of the actors that decide, not of a view."
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
