/** Several of a few: a row of boxes under one title. */
export function Ticks<T extends string>(props: {
  title: string;
  options: readonly { value: T; title: string }[];
  chosen: readonly T[];
  onChange: (chosen: T[]) => void;
}) {
  const { title, options, chosen, onChange } = props;
  const toggle = (value: T, isOn: boolean): void =>
    onChange(
      options
        .map((option) => option.value)
        .filter((each) => (each === value ? isOn : chosen.includes(each))),
    );
  return (
    <fieldset className="ticks">
      <legend>{title}</legend>
      {options.map(({ value, title: name }) => (
        <label key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={(event) => toggle(value, event.target.checked)}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
