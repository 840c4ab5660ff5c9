/** The parts that every page is made of. */
import { useEffect, type ReactNode } from "react";

/** A page with its title, a sentence on what it shows, and what can be done at its top. */
export function Page(props: {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${props.title} · Tallygate`;
  }, [props.title]);
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{props.title}</h1>
          {props.about === undefined ? null : <p className="about">{props.about}</p>}
        </div>
        {props.actions === undefined ? null : <div className="toolbar">{props.actions}</div>}
      </header>
      {props.children}
    </>
  );
}

/** A titled box. */
export function Card(props: {
  title?: ReactNode;
  side?: ReactNode;
  children: ReactNode;
  padded?: boolean;
}) {
  return (
    <section className="card">
      {props.title === undefined ? null : (
        <div className="card-head">
          <h2>{props.title}</h2>
          {props.side}
        </div>
      )}
      {props.padded ? <div className="card-body">{props.children}</div> : props.children}
    </section>
  );
}

/** One number with its name. */
export function Tile(props: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div className="card tile">
      <span className="label">{props.label}</span>
      <span className="value">{props.value}</span>
      {props.note === undefined ? null : <span className="note">{props.note}</span>}
    </div>
  );
}

/** One of a few, as buttons in a row that the arrow keys move through. */
export function Choice<T extends string>(props: {
  label: string;
  name: string;
  value: T;
  options: readonly { value: T; title: string }[];
  onChoose: (value: T) => void;
}) {
  return (
    <fieldset className="choice">
      <legend className="visually-hidden">{props.label}</legend>
      {props.options.map(({ value, title }) => (
        <label key={value}>
          <input
            type="radio"
            name={props.name}
            checked={props.value === value}
            onChange={() => props.onChoose(value)}
          />
          {title}
        </label>
      ))}
    </fieldset>
  );
}

const liveTexts: Record<string, string> = {
  live: "Live",
  connecting: "Connecting …",
  reconnecting: "Reconnecting …",
  refused: "Not connected",
  paused: "Paused",
};

/** Whether what is on screen follows what happens. */
export function LiveBadge({ state }: { state: string }) {
  return (
    <span className="live" data-state={state} role="status">
      {liveTexts[state] ?? state}
    </span>
  );
}

/** Pairs of a name and a value; what has no value is left out. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {rows
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .map(([name, value]) => (
          <div key={name} style={{ display: "contents" }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
