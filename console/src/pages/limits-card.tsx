/** The policy's rate limits and caps on requests at once. */
import { Button } from "@cloudflare/kumo/components/button";
import type { PolicyDocument } from "#policy/document.ts";
import { isSharedScope, rateOf, whomOf } from "../logic/limits.ts";
import { Card } from "../ui/page.tsx";
import { Nothing } from "../ui/states.tsx";
import type { NumberEdit } from "./number-dialog.tsx";

interface Line {
  name: string;
  text: string;
  how: string;
  scope: string;
  whom: string;
  edit: NumberEdit;
}

/** How far back recorded requests tell what another number would have done. */
const lookBackMs = 86_400_000;

function linesOf(document: PolicyDocument, at: number): Line[] {
  const since = at - lookBackMs;
  const rates = document.limits.map((limit): Line => ({
    name: limit.name,
    text: rateOf(limit),
    how: limit.mode,
    scope: limit.scope,
    whom: whomOf(limit.when),
    edit: {
      place: { list: "limits", name: limit.name, field: "limit" },
      since: Math.min(since, at - limit.windowMs),
      isShared: isSharedScope(limit.scope),
      unit: limit.metric === "usd" ? "Dollars" : limit.metric === "tokens" ? "Tokens" : "Requests",
    },
  }));
  const caps = document.concurrency.map((cap): Line => ({
    name: cap.name,
    text: `${cap.limit.toLocaleString("en-US")} at once`,
    how: "concurrency",
    scope: cap.scope,
    whom: whomOf(cap.when),
    edit: {
      place: { list: "concurrency", name: cap.name, field: "limit" },
      since,
      isShared: isSharedScope(cap.scope),
      unit: "Requests at once",
    },
  }));
  return [...rates, ...caps];
}

export function LimitsCard(props: {
  document: PolicyDocument;
  onEdit: ((edit: NumberEdit) => void) | undefined;
}) {
  const { onEdit } = props;
  const lines = linesOf(props.document, Date.now());
  if (lines.length === 0) {
    return (
      <Card title="Limits">
        <Nothing title="No limits">Requests are bounded by budgets alone.</Nothing>
      </Card>
    );
  }
  return (
    <Card title="Limits">
      <div className="table-scroll">
        <table className="data records">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Limit</th>
              <th scope="col">For each</th>
              <th scope="col">Whom</th>
              <th scope="col">Window</th>
              {onEdit === undefined ? null : (
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {lines.map(({ name, text, how, scope, whom, edit }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td data-label="Limit" className="nowrap">
                  {text}
                </td>
                <td data-label="For each">{scope}</td>
                <td data-label="Whom">{whom}</td>
                <td data-label="Window">{how}</td>
                {onEdit === undefined ? null : (
                  <td className="end acts">
                    <Button size="sm" aria-label={`Change ${name}`} onClick={() => onEdit(edit)}>
                      Change
                    </Button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
