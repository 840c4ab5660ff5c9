/** The filter of a list, as fields; what is typed is in the address a moment later. */
import { Button } from "@cloudflare/kumo/components/button";
import { useEffect, useRef, useState } from "react";
import { go } from "../data/router.ts";
import { useNarrow } from "../data/use-narrow.ts";
import {
  conditions,
  dlpResults,
  outcomes,
  toLocalTime,
  withField,
  writeFilter,
  type Filter,
  type FilterField,
} from "../logic/filters.ts";

const titles: Record<FilterField, string> = {
  user: "User",
  team: "Team",
  model: "Model",
  provider: "Provider",
  route: "Route",
  key: "Key id",
  tag: "Tag",
  action: "Action",
  resource: "Resource",
  outcome: "Outcome",
  dlp: "Data rules",
  code: "Refusal code",
};
const choices: Partial<Record<FilterField, readonly string[]>> = {
  outcome: outcomes,
  dlp: dlpResults,
};

function goTo(filter: Filter): void {
  const text = writeFilter(filter);
  go(`${location.pathname}${text === "" ? "" : `?${text}`}`, { replace: true });
}

function TextField(props: {
  field: FilterField;
  value: string;
  onChange: (value: string) => void;
}) {
  const { value, onChange } = props;
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  // The address may change under the field: by a link, or by going back.
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => latest.current(text.trim()), 350);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <input
      className="control"
      aria-label={titles[props.field]}
      placeholder={titles[props.field]}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

function TimeField(props: { end: "from" | "to"; filter: Filter }) {
  const { end, filter } = props;
  const title = end === "from" ? "From" : "Until";
  return (
    <input
      className="control"
      type="datetime-local"
      aria-label={title}
      title={title}
      value={toLocalTime(filter[end])}
      onChange={(event) => {
        const { [end]: _old, ...rest } = filter;
        const at = Date.parse(event.target.value);
        goTo(Number.isNaN(at) ? rest : { ...rest, [end]: at });
      }}
    />
  );
}

function Fields({ filter, fields }: { filter: Filter; fields: readonly FilterField[] }) {
  const set = (field: FilterField) => (value: string) => goTo(withField(filter, field, value));
  return (
    <div className="filters" role="search" aria-label="Filter">
      {fields.map((field) => {
        const value = filter.fields[field] ?? "";
        const options = choices[field];
        if (options === undefined) {
          return <TextField key={field} field={field} value={value} onChange={set(field)} />;
        }
        return (
          <select
            key={field}
            className="control"
            aria-label={titles[field]}
            value={value}
            onChange={(event) => set(field)(event.target.value)}
          >
            <option value="">{titles[field]}: any</option>
            {options.map((option) => (
              <option key={option}>{option}</option>
            ))}
          </select>
        );
      })}
      <TimeField end="from" filter={filter} />
      <TimeField end="to" filter={filter} />
      {conditions(filter) > 0 ? (
        <Button
          variant="ghost"
          onClick={() =>
            goTo(filter.kind === undefined ? { fields: {} } : { kind: filter.kind, fields: {} })
          }
        >
          Clear filter
        </Button>
      ) : null}
    </div>
  );
}

/** The fields at hand where there is room for them, behind a word where there is not. */
export function FilterBar({ filter, fields }: { filter: Filter; fields: readonly FilterField[] }) {
  const isNarrow = useNarrow();
  const count = conditions(filter);
  if (!isNarrow) return <Fields filter={filter} fields={fields} />;
  return (
    <details className="filter-fold" open={count > 0}>
      <summary>{count === 0 ? "Filter" : `Filter (${count})`}</summary>
      <Fields filter={filter} fields={fields} />
    </details>
  );
}
