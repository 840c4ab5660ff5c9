/** Fields of forms: a label, a control, and nothing else. */
import type { ReactNode } from "react";

export function TextField(props: {
  title: string;
  value: string;
  onChange: (value: string) => void;
  isRequired?: boolean;
  isDisabled?: boolean;
  placeholder?: string;
  charsMax?: number;
}) {
  return (
    <label className="field">
      <span>{props.title}</span>
      <input
        className="control"
        maxLength={props.charsMax ?? 200}
        required={props.isRequired}
        disabled={props.isDisabled}
        placeholder={props.placeholder}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </label>
  );
}

export function SelectField(props: {
  title: string;
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}) {
  return (
    <label className="field">
      <span>{props.title}</span>
      <select
        className="control"
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      >
        {props.children}
      </select>
    </label>
  );
}
