/** Changes one number of the policy: its effect is shown first, and when it is in force, after. */
import { useState } from "react";
import type { LivePolicy } from "../data/policy.ts";
import { usePublish } from "../data/use-publish.ts";
import { usedNanos, type BudgetBar } from "../logic/budgets.ts";
import { usd } from "../logic/format.ts";
import { numberAt, sharedRuleAt, withNumber, type NumberPlace } from "../logic/limits.ts";
import { usdToNanos } from "../logic/money.ts";
import { TextField } from "../ui/fields.tsx";
import { Modal } from "../ui/modal.tsx";
import { PublishState } from "../ui/publish-state.tsx";
import { Recounted } from "./recounted.tsx";
import { Replayed } from "./replayed.tsx";

export interface NumberEdit {
  place: NumberPlace;
  unit: string;
  /** Who is how far, for a budget: so that the effect can be told. */
  bars?: readonly BudgetBar[];
  /** From when recorded requests are decided again under the new number, milliseconds. */
  since: number;
  /** Whether it counts several members together: windows are counted then, nothing is decided again. */
  isShared: boolean;
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

/** What the number would do, by what is booked and by what is recorded. */
function Effects(props: { edit: NumberEdit; policy: LivePolicy; value: number }) {
  const { edit, policy, value } = props;
  const { bars, isShared, place } = edit;
  const rule = sharedRuleAt(policy.document, place);
  return (
    <>
      {bars === undefined ? null : <Effect bars={bars} limitUsd={value} />}
      {isShared ? null : (
        <Replayed since={edit.since} document={withNumber(policy.document, place, value)} />
      )}
      {isShared && rule !== undefined ? (
        <Recounted since={edit.since} rule={rule} value={value} />
      ) : null}
    </>
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
          {isFine ? <Effects edit={edit} policy={policy} value={value} /> : null}
          <TextField title="Comment, for the history" value={comment} onChange={setComment} />
        </>
      )}
      <PublishState publishing={publishing} />
    </Modal>
  );
}
