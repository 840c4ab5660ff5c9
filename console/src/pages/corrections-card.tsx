/** Prices that were corrected for the past: what was ordered, and what came of it. */
import type { PriceCorrectionRecord } from "#actors/policy/state.ts";
import { useCorrections } from "../data/policy.ts";
import { useSession } from "../data/session.ts";
import { dateTime } from "../logic/format.ts";
import { changeWords, exactChange } from "../logic/price-correction.ts";
import { Copy } from "../ui/copy.tsx";
import { Card } from "../ui/page.tsx";
import { Nothing, Show } from "../ui/states.tsx";
import { CorrectionButton } from "./correction-dialog.tsx";

function Row({ record }: { record: PriceCorrectionRecord }) {
  const { order, at, reason, terms, applied } = record;
  const { model, provider, from, to } = terms;
  return (
    <tr>
      <th scope="row" className="nowrap">
        {order}
      </th>
      <td className="nowrap">{dateTime(at)}</td>
      <td className="wrap-anywhere">{provider === undefined ? model : `${provider}/${model}`}</td>
      <td>
        {dateTime(from)} – {dateTime(to)}
      </td>
      <td>
        {applied === undefined ? (
          "under way"
        ) : (
          <Copy exact={exactChange(applied)}>{changeWords(applied)}</Copy>
        )}
      </td>
      <td className="wrap-anywhere">{reason}</td>
    </tr>
  );
}

export function CorrectionsCard({ providers }: { providers: readonly string[] }) {
  const corrections = useCorrections();
  const isAdmin = useSession().role === "admin";
  return (
    <Card
      title="Price corrections"
      side={
        isAdmin ? (
          <CorrectionButton providers={providers} onOrdered={corrections.reload} />
        ) : undefined
      }
    >
      <Show loaded={corrections}>
        {({ corrections: all }) =>
          all.length === 0 ? (
            <Nothing title="No price was corrected">
              Calls are costed at their end, under the price that the policy or the price book had
              then.
            </Nothing>
          ) : (
            <div className="table-scroll" role="region" aria-label="Price corrections" tabIndex={0}>
              <table className="data">
                <thead>
                  <tr>
                    {["Order", "At", "Model", "Calls of", "What came of it", "Reason"].map(
                      (title) => (
                        <th key={title} scope="col">
                          {title}
                        </th>
                      ),
                    )}
                  </tr>
                </thead>
                <tbody>
                  {all.toReversed().map((record) => (
                    <Row key={record.order} record={record} />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Show>
    </Card>
  );
}
