/** Correcting a price for the past: its effect is shown first, and ordered only then. */
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import { useCommand } from "../data/use-admin.ts";
import { idOfTerms, usePriceEffect } from "../data/use-price-effect.ts";
import {
  changeWords,
  noCorrection,
  priceFields,
  termsOf,
  type CorrectionDraft,
} from "../logic/price-correction.ts";
import { SelectField, TextField } from "../ui/fields.tsx";
import { Modal } from "../ui/modal.tsx";
import { MomentField } from "../ui/moment-field.tsx";
import { Progress } from "../ui/progress.tsx";
import { CommandError } from "../ui/publish-state.tsx";

function Terms(props: {
  draft: CorrectionDraft;
  providers: readonly string[];
  onChange: (draft: CorrectionDraft) => void;
}) {
  const { draft, providers, onChange } = props;
  const set = (change: Partial<CorrectionDraft>): void => onChange({ ...draft, ...change });
  return (
    <>
      <div className="form-grid">
        <TextField
          title="Model"
          isRequired
          charsMax={300}
          placeholder="as the provider was asked for it"
          value={draft.model}
          onChange={(model) => set({ model })}
        />
        <SelectField
          title="Provider"
          value={draft.provider}
          onChange={(provider) => set({ provider })}
        >
          <option value="">any</option>
          {providers.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
        {(["from", "to"] as const).map((end) => (
          <label key={end} className="field">
            <span>{end === "from" ? "Admitted from" : "Admitted before"}</span>
            <MomentField
              label={end === "from" ? "Admitted from" : "Admitted before"}
              at={draft[end]}
              withSeconds
              onChange={(at) => set({ [end]: at })}
            />
          </label>
        ))}
      </div>
      <div className="form-grid">
        {priceFields.map(([name, title]) => (
          <TextField
            key={name}
            title={title}
            value={draft.price[name] ?? ""}
            onChange={(text) => set({ price: { ...draft.price, [name]: text } })}
          />
        ))}
      </div>
    </>
  );
}

export function CorrectionDialog(props: {
  providers: readonly string[];
  onOrdered: () => void;
  onClose: () => void;
}) {
  const [draft, setDraft] = useState(noCorrection);
  const [reason, setReason] = useState("");
  const { state, start, stop } = usePriceEffect();
  const command = useCommand();
  const terms = termsOf(draft);
  // An effect is of the terms that were asked about; with others it is asked again.
  const effect =
    state.kind === "done" && terms !== undefined && state.terms === idOfTerms(terms)
      ? state.change
      : undefined;
  const order = async (): Promise<void> => {
    if (terms === undefined) return;
    if (effect === undefined) return void start(terms);
    const asked = { type: "CorrectPrice" as const, ...terms, reason: reason.trim() };
    if ((await command.run(asked)) === undefined) return;
    props.onOrdered();
    props.onClose();
  };
  return (
    <Modal
      title="Correct a price"
      onClose={props.onClose}
      onSubmit={() => void order()}
      action={effect === undefined ? "Show the effect" : "Correct it"}
      isBusy={command.isRunning || state.kind === "running"}
      isDisabled={terms === undefined || effect?.requests === 0}
    >
      <p className="small soft">
        Settled calls of a time that is over are costed anew. Old and new both stay in the books;
        budgets that decided under the old price stay as they are.
      </p>
      <Terms draft={draft} providers={props.providers} onChange={setDraft} />
      <TextField title="Reason, for the history" value={reason} onChange={setReason} />
      <div role="status">
        {state.kind === "running" ? (
          <Progress label="Members asked" done={state.done} of={state.of} onStop={stop} />
        ) : null}
        {state.kind === "idle" ? state.note : null}
        {effect === undefined ? null : <strong>{changeWords(effect)}</strong>}
      </div>
      {command.error === undefined ? null : <CommandError error={command.error} />}
    </Modal>
  );
}

/** The button that opens it. */
export function CorrectionButton(props: { providers: readonly string[]; onOrdered: () => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Correct a price
      </Button>
      {isOpen ? <CorrectionDialog {...props} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
