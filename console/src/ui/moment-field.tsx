/** A moment, typed as local date and time; in the address and for the API it is milliseconds. */
import { toLocalTime } from "../logic/filters.ts";

export function MomentField(props: {
  label: string;
  /** Milliseconds since 1970; empty without. */
  at: number | undefined;
  /** `undefined` once the field is emptied, or holds no whole moment. */
  onChange: (at: number | undefined) => void;
  withSeconds?: boolean;
}) {
  const { label, at, onChange, withSeconds = false } = props;
  return (
    <input
      className="control"
      type="datetime-local"
      step={withSeconds ? 1 : 60}
      aria-label={label}
      title={label}
      value={toLocalTime(at, withSeconds)}
      onChange={(event) => {
        const chosen = Date.parse(event.target.value);
        onChange(Number.isNaN(chosen) ? undefined : chosen);
      }}
    />
  );
}
