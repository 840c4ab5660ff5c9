/** Changes one number of the policy: its effect is shown first, and when it is in force, after. */
import { useState } from "react";
import type { LivePolicy } from "../data/policy.ts";
import { usePublish } from "../data/use-publish.ts";
import { usedNanos, type BudgetBar } from "../logic/budgets.ts";
import { usd } from "../logic/format.ts";
import { numberAt, withNumber, type NumberPlace } from "../logic/limits.ts";
import { usdToNanos } from "../logic/money.ts";
import { Modal } from "../ui/modal.tsx";
import { PublishState } from "../ui/publish-state.tsx";

export interface NumberEdit {
  place: NumberPlace;
  unit: string;
  /** Who is how far, for a budget: so that the effect can be told. */
  bars?: readonly BudgetBar[];
}

function names(list: readonly BudgetBar[]): string {
  const shown = list.slice(0, 5).map((bar) => `${bar.holder} (${usd(usedNanos(bar))})`);
  return shown.join(", ") + (list.length > 5 ? ` and ${list.length - 5} more` : "");
}

/** Who a new limit would stop at once. */
function Effect({ bars, limitUsd }: { bars: readonly BudgetBar[]; limitUsd: number }) {
  const limitNanos = usdToNanos(limitUsd);
  const over = bars.filter((bar) => usedNanos(bar) >= limitNanos);
  const later = bars.filter(
    (bar) => usedNanos(bar) < limitNanos && bar.forecastNanos >= limitNanos,
  );
  return (
    <p role="status">
      {over.length === 0
        ? "Nobody is over it now."
        : `Over it at once, by what is settled and held: ${names(over)}.`}
      {later.length === 0
        ? ""
        : ` Will reach it in this period at the present rate: ${names(later)}.`}
    </p>
  );
}

export function NumberDialog(props: {
  edit: NumberEdit;
  policy: LivePolicy;
  onPublished: () => void;
  onClose: () => void;
}) {
  const { edit, policy } = props;
  const before = numberAt(policy.document, edit.place) ?? 0;
  const [text, setText] = useState(String(before));
  const [comment, setComment] = useState("");
  const publishing = usePublish(props.onPublished);
  const value = Number(text);
  const isDone = publishing.waitingFor !== undefined || publishing.inForce !== undefined;
  const isFine = text.trim() !== "" && Number.isFinite(value) && value >= 0 && value !== before;
  const publish = (): void => {
    const document = withNumber(policy.document, edit.place, value);
    const said = comment.trim() || `${edit.place.name}: ${before} to ${value}`;
    void publishing.publish(document, policy.version, said);
  };
  return (
    <Modal
      title={`Change ${edit.place.name}`}
      onClose={props.onClose}
      closeWord={isDone ? "Close" : "Cancel"}
      isBusy={publishing.isRunning}
      isDisabled={!isFine}
      {...(isDone ? {} : { action: "Publish", onSubmit: publish })}
    >
      {isDone ? null : (
        <>
          <label className="field">
            <span>
              {edit.unit}, now {before.toLocaleString("en-US")}
            </span>
            <input
              className="control number"
              inputMode="decimal"
              required
              autoFocus
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </label>
          {edit.bars !== undefined && isFine ? <Effect bars={edit.bars} limitUsd={value} /> : null}
          <label className="field">
            <span>Comment, for the history</span>
            <input
              className="control"
              maxLength={200}
              value={comment}
              onChange={(event) => setComment(event.target.value)}
            />
          </label>
        </>
      )}
      <PublishState publishing={publishing} />
    </Modal>
  );
}
