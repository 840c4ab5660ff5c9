/** The filter of a list, as fields; what is typed is in the address a moment later. */
import { Button } from "@cloudflare/kumo/components/button";
import { useEffect, useRef, useState } from "react";
import { go } from "../data/router.ts";
import { useNarrow } from "../data/use-narrow.ts";
import {
  conditions,
  dlpResults,
  isAmount,
  outcomes,
  readAmount,
  showAmount,
  withField,
  writeFilter,
  type Filter,
  type FilterField,
} from "../logic/filters.ts";
import { MomentField } from "./moment-field.tsx";

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
  costNanosMin: "Cost from, $",
  costNanosMax: "Cost to, $",
  latencyMsMin: "Latency from, ms",
  latencyMsMax: "Latency to, ms",
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
  const kind = isAmount(props.field) ? { type: "number", min: 0, step: "any" } : {};
  return (
    <input
      className="control"
      {...kind}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

function TimeField({ end, filter }: { end: "from" | "to"; filter: Filter }) {
  const title = end === "from" ? "From" : "Until";
  return (
    <label className="filter">
      <span>{title}</span>
      <MomentField
        label={title}
        at={filter[end]}
        onChange={(at) => {
          const { [end]: _old, ...rest } = filter;
          goTo(at === undefined ? rest : { ...rest, [end]: at });
        }}
      />
    </label>
  );
}

/** One field: a choice where there are few values, an amount in its unit, else a text. */
function Field({ field, filter }: { field: FilterField; filter: Filter }) {
  const value = filter.fields[field] ?? "";
  const set = (text: string): void => goTo(withField(filter, field, text));
  const options = choices[field];
  return (
    <label className="filter">
      <span>{titles[field]}</span>
      {options !== undefined ? (
        <select className="control" value={value} onChange={(event) => set(event.target.value)}>
          <option value="">any</option>
          {options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : isAmount(field) ? (
        <TextField
          field={field}
          value={showAmount(field, value)}
          onChange={(text) => set(readAmount(field, text))}
        />
      ) : (
        <TextField field={field} value={value} onChange={set} />
      )}
    </label>
  );
}

function Fields({ filter, fields }: { filter: Filter; fields: readonly FilterField[] }) {
  return fields.map((field) => <Field key={field} field={field} filter={filter} />);
}

function Clear({ filter }: { filter: Filter }) {
  if (conditions(filter) === 0) return null;
  return (
    <Button
      size="sm"
      variant="ghost"
      onClick={() =>
        goTo(filter.kind === undefined ? { fields: {} } : { kind: filter.kind, fields: {} })
      }
    >
      Clear filter
    </Button>
  );
}

interface Bar {
  filter: Filter;
  /** Always at hand. */
  fields: readonly FilterField[];
  /** Behind a word, until one of them says something. */
  more: readonly FilterField[];
}

function WideBar({ filter, fields, more }: Bar) {
  const set = more.filter((field) => filter.fields[field] !== undefined).length;
  return (
    <div role="search" aria-label="Filter">
      <div className="filters">
        <Fields filter={filter} fields={fields} />
        <TimeField end="from" filter={filter} />
        <TimeField end="to" filter={filter} />
      </div>
      <div className="filter-more">
        <details open={set > 0}>
          <summary className="small">
            {set === 0 ? "More filters" : `More filters (${set})`}
          </summary>
          <div className="filters">
            <Fields filter={filter} fields={more} />
          </div>
        </details>
        <Clear filter={filter} />
      </div>
    </div>
  );
}

/** The fields at hand where there is room for them, behind a word where there is not. */
export function FilterBar(props: Bar) {
  const isNarrow = useNarrow();
  const count = conditions(props.filter);
  if (!isNarrow) return <WideBar {...props} />;
  return (
    <details className="filter-fold" open={count > 0}>
      <summary>{count === 0 ? "Filter" : `Filter (${count})`}</summary>
      <WideBar {...props} />
    </details>
  );
}
