/** Controls for the kinds of places that a schema's form knows. Each says what it is for and what is wrong. */
import { useEffect, useId, useState, type ReactNode } from "react";
import type { FormNode } from "../logic/schema-form.ts";

export interface FieldProps<K extends FormNode["kind"] = FormNode["kind"]> {
  node: Extract<FormNode, { kind: K }>;
  title: string;
  help: string | undefined;
  problem: string | undefined;
  value: unknown;
  isReadOnly: boolean;
  onChange: (value: unknown) => void;
}

/** A label, what it is for, the control, and what is wrong with its value. */
function Frame(props: {
  field: Pick<FieldProps, "title" | "help" | "problem"> & { node: { hint: string } };
  children: (ids: { id: string; describedBy: string }) => ReactNode;
}) {
  const id = useId();
  const { title, help, problem, node } = props.field;
  const about = [help, node.hint].filter((text) => text !== undefined && text !== "").join(" ");
  const describedBy = `${id}-about`;
  return (
    <div className="field" data-problem={problem !== undefined || undefined}>
      <label htmlFor={id}>{title}</label>
      {props.children({ id, describedBy })}
      <span id={describedBy} className="small soft">
        {problem === undefined ? null : (
          <strong className="problem-text" role="alert">
            {problem}{" "}
          </strong>
        )}
        {about}
      </span>
    </div>
  );
}

/** Text that is kept while it is typed, and told when the field is left or Enter is pressed. */
function useTyped(shown: string, tell: (text: string) => void) {
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  return {
    value: text,
    onChange: (event: { target: { value: string } }) => setText(event.target.value),
    onBlur: () => {
      if (text !== shown) tell(text);
    },
  };
}

function shownText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function TextControl(props: FieldProps<"text">) {
  const typed = useTyped(shownText(props.value), (text) =>
    props.onChange(text === "" ? undefined : text),
  );
  return (
    <Frame field={props}>
      {({ id, describedBy }) => (
        <input
          id={id}
          className="control"
          aria-describedby={describedBy}
          aria-invalid={props.problem !== undefined}
          readOnly={props.isReadOnly}
          {...typed}
        />
      )}
    </Frame>
  );
}

export function NumberControl(props: FieldProps<"number">) {
  const typed = useTyped(shownText(props.value), (text) => {
    if (text.trim() === "") props.onChange(undefined);
    // What is no number is left for the gateway to name, in its place.
    else props.onChange(Number.isNaN(Number(text)) ? text : Number(text));
  });
  return (
    <Frame field={props}>
      {({ id, describedBy }) => (
        <input
          id={id}
          className="control number"
          inputMode="decimal"
          aria-describedby={describedBy}
          aria-invalid={props.problem !== undefined}
          readOnly={props.isReadOnly}
          {...typed}
        />
      )}
    </Frame>
  );
}

export function ChoiceControl(props: FieldProps<"choice"> & { isRequired: boolean }) {
  const { node, value, onChange } = props;
  return (
    <Frame field={props}>
      {({ id, describedBy }) => (
        <select
          id={id}
          className="control"
          aria-describedby={describedBy}
          disabled={props.isReadOnly}
          value={shownText(value)}
          onChange={(event) =>
            onChange(node.of.find((option) => String(option) === event.target.value))
          }
        >
          {props.isRequired && value !== undefined ? null : <option value="">not set</option>}
          {node.of.map((option) => (
            <option key={option} value={String(option)}>
              {option}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

export function SwitchControl(props: FieldProps<"switch">) {
  return (
    <Frame field={props}>
      {({ id, describedBy }) => (
        <input
          id={id}
          type="checkbox"
          aria-describedby={describedBy}
          disabled={props.isReadOnly}
          checked={props.value === true}
          onChange={(event) => props.onChange(event.target.checked)}
        />
      )}
    </Frame>
  );
}

export function LinesControl(props: FieldProps<"lines">) {
  const lines = Array.isArray(props.value) ? (props.value as unknown[]).map(String) : [];
  const typed = useTyped(lines.join("\n"), (text) => {
    const list = text.split("\n").map((line) => line.trim());
    const full = list.filter((line) => line !== "");
    props.onChange(full.length === 0 ? undefined : full);
  });
  return (
    <Frame field={props}>
      {({ id, describedBy }) => (
        <textarea
          id={id}
          className="control mono"
          rows={Math.min(Math.max(lines.length, 1), 8)}
          aria-describedby={describedBy}
          aria-invalid={props.problem !== undefined}
          readOnly={props.isReadOnly}
          {...typed}
        />
      )}
    </Frame>
  );
}

export function SomeControl(props: FieldProps<"some">) {
  const { node, value, onChange } = props;
  const chosen = Array.isArray(value) ? (value as string[]) : [];
  return (
    <fieldset className="field" disabled={props.isReadOnly}>
      <legend>{props.title}</legend>
      <div className="toolbar">
        {node.of.map((option) => (
          <label key={option} className="check">
            <input
              type="checkbox"
              checked={chosen.includes(option)}
              onChange={(event) => {
                const next = node.of.filter((each) =>
                  each === option ? event.target.checked : chosen.includes(each),
                );
                onChange(next.length === 0 ? undefined : next);
              }}
            />{" "}
            {option}
          </label>
        ))}
      </div>
      <span className="small soft">
        {props.problem === undefined ? null : (
          <strong className="problem-text" role="alert">
            {props.problem}{" "}
          </strong>
        )}
        {props.help ?? ""}
      </span>
    </fieldset>
  );
}

/** A place of no kind that a form knows: its JSON, which stays as it was until it is JSON again. */
export function JsonControl(props: FieldProps<"json">) {
  const [fault, setFault] = useState<string>();
  const typed = useTyped(
    props.value === undefined ? "" : JSON.stringify(props.value, null, 2),
    (text) => {
      try {
        props.onChange(text.trim() === "" ? undefined : (JSON.parse(text) as unknown));
        setFault(undefined);
      } catch {
        setFault("This is no JSON yet.");
      }
    },
  );
  return (
    <Frame field={{ ...props, problem: fault ?? props.problem }}>
      {({ id, describedBy }) => (
        <textarea
          id={id}
          className="control mono"
          rows={3}
          aria-describedby={describedBy}
          readOnly={props.isReadOnly}
          {...typed}
        />
      )}
    </Frame>
  );
}
