/** The policy as a form: the same document as the text beside it, place by place, with help. */
import { Button } from "@cloudflare/kumo/components/button";
import { Plus } from "@phosphor-icons/react";
import { useState, type ReactNode } from "react";
import * as z from "zod";
import { PolicyDocument } from "#policy/document.ts";
import type { Step } from "../logic/json-places.ts";
import { helpFor } from "../logic/policy-help.ts";
import {
  entryTitle,
  formOf,
  pathText,
  startOf,
  variantOf,
  withValue,
  type FormNode,
  type JsonSchema,
} from "../logic/schema-form.ts";
import {
  ChoiceControl,
  JsonControl,
  LinesControl,
  NumberControl,
  SomeControl,
  SwitchControl,
  TextControl,
} from "../ui/schema-fields.tsx";

const form = formOf(z.toJSONSchema(PolicyDocument, { io: "input" }) as JsonSchema);

interface Place {
  steps: readonly Step[];
  title: string;
  value: unknown;
  isRequired: boolean;
}

/** What every place of the form shares. */
interface Shared {
  problems: ReadonlyMap<string, string>;
  isReadOnly: boolean;
  change: (steps: readonly Step[], value: unknown) => void;
}

function Folded(props: {
  title: string;
  note: string | undefined;
  problems: number;
  side?: ReactNode;
  children: ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="fold"
      open={isOpen}
      onToggle={(event) => {
        if (event.target === event.currentTarget) setOpen(event.currentTarget.open);
      }}
    >
      <summary>
        <span className="wrap-anywhere">{props.title}</span>
        {props.problems === 0 ? null : (
          <strong className="problem-text small"> {props.problems} to mend</strong>
        )}
      </summary>
      {isOpen ? (
        <div className="fold-body stack">
          {props.note === undefined ? null : <p className="small soft">{props.note}</p>}
          {props.children}
          {props.side}
        </div>
      ) : null}
    </details>
  );
}

function problemsBelow({ problems }: Shared, steps: readonly Step[]): number {
  const path = pathText(steps);
  return [...problems.keys()].filter(
    (each) => each === path || each.startsWith(`${path}.`) || each.startsWith(`${path}[`),
  ).length;
}

function RemoveButton(props: { place: Place; shared: Shared; what: string }) {
  const { place, shared } = props;
  if (shared.isReadOnly) return null;
  return (
    <div>
      <Button
        size="sm"
        variant="secondary-destructive"
        onClick={() => shared.change(place.steps, undefined)}
      >
        Remove {props.what}
      </Button>
    </div>
  );
}

function AddButton(props: { what: string; onClick: () => void }) {
  return (
    <div>
      <Button size="sm" icon={<Plus size={14} />} onClick={props.onClick}>
        Add {props.what}
      </Button>
    </div>
  );
}

type NodeOf<K extends FormNode["kind"]> = Extract<FormNode, { kind: K }>;

function ListPlace({
  node,
  place,
  shared,
}: {
  node: NodeOf<"list">;
  place: Place;
  shared: Shared;
}) {
  const list = Array.isArray(place.value) ? (place.value as unknown[]) : [];
  return (
    <>
      {list.map((value, index) => {
        const steps = [...place.steps, index];
        const title = entryTitle(value, index);
        const inner = { steps, title, value, isRequired: true };
        return (
          // Entries have no identity but their place.
          <Folded
            key={index}
            title={title}
            note={undefined}
            problems={problemsBelow(shared, steps)}
          >
            <PlaceFields node={node.item} place={inner} shared={shared} />
            <RemoveButton place={inner} shared={shared} what={title} />
          </Folded>
        );
      })}
      {shared.isReadOnly ? null : (
        <AddButton
          what={`to ${place.title}`}
          onClick={() => shared.change([...place.steps, list.length], startOf(node.item))}
        />
      )}
    </>
  );
}

function RecordPlace(props: { node: NodeOf<"record">; place: Place; shared: Shared }) {
  const { node, place, shared } = props;
  const [name, setName] = useState("");
  const record = (place.value ?? {}) as Record<string, unknown>;
  const add = (): void => {
    shared.change([...place.steps, name.trim()], startOf(node.entry));
    setName("");
  };
  return (
    <>
      {Object.entries(record).map(([key, value]) => {
        const steps = [...place.steps, key];
        const inner = { steps, title: key, value, isRequired: true };
        return (
          <Folded key={key} title={key} note={undefined} problems={problemsBelow(shared, steps)}>
            <PlaceFields node={node.entry} place={inner} shared={shared} />
            <RemoveButton place={inner} shared={shared} what={key} />
          </Folded>
        );
      })}
      {shared.isReadOnly ? null : (
        <div className="toolbar">
          <input
            className="control"
            aria-label={`New name in ${place.title}`}
            placeholder="Name"
            maxLength={300}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Button
            size="sm"
            icon={<Plus size={14} />}
            disabled={name.trim() === "" || Object.hasOwn(record, name.trim())}
            onClick={add}
          >
            Add to {place.title}
          </Button>
        </div>
      )}
    </>
  );
}

const titleOf = (each: FormNode): string =>
  each.kind === "choice" ? each.of.join(", ") : each.kind === "object" ? "own values" : each.kind;

function EitherPlace(props: { node: NodeOf<"either">; place: Place; shared: Shared }) {
  const { node, place, shared } = props;
  const index = variantOf(node.of, place.value);
  const shown = node.of[index];
  const choice = { kind: "choice" as const, hint: node.hint, of: node.of.map(titleOf) };
  return (
    <>
      <ChoiceControl
        node={choice}
        title={place.title}
        help={helpFor(place.steps)}
        problem={shared.problems.get(pathText(place.steps))}
        value={place.value === undefined ? undefined : choice.of[index]}
        isReadOnly={shared.isReadOnly}
        isRequired={place.isRequired}
        onChange={(value) => {
          const chosen = node.of[choice.of.indexOf(String(value))];
          shared.change(place.steps, chosen === undefined ? undefined : startOf(chosen));
        }}
      />
      {shown?.kind === "object" && place.value !== undefined ? (
        <PlaceFields node={shown} place={place} shared={shared} />
      ) : null}
    </>
  );
}

/** The fields of a place, without a frame around them. */
function PlaceFields({ node, place, shared }: { node: FormNode; place: Place; shared: Shared }) {
  const { steps, title, value, isRequired } = place;
  if (node.kind === "object") {
    const record = (value ?? {}) as Record<string, unknown>;
    return node.fields
      .filter(({ name }) => name !== "schema")
      .map(({ name, node: field, isRequired: isNeeded }) => {
        const inner = {
          steps: [...steps, name],
          title: name,
          value: record[name],
          isRequired: isNeeded,
        };
        return <FieldPlace key={name} node={field} place={inner} shared={shared} />;
      });
  }
  if (node.kind === "list") return <ListPlace node={node} place={place} shared={shared} />;
  if (node.kind === "record") return <RecordPlace node={node} place={place} shared={shared} />;
  if (node.kind === "either") return <EitherPlace node={node} place={place} shared={shared} />;
  const field = {
    title,
    help: helpFor(steps),
    problem: shared.problems.get(pathText(steps)),
    value,
    isReadOnly: shared.isReadOnly,
    onChange: (next: unknown) => shared.change(steps, next),
  };
  if (node.kind === "text") return <TextControl node={node} {...field} />;
  if (node.kind === "number") return <NumberControl node={node} {...field} />;
  if (node.kind === "choice")
    return <ChoiceControl node={node} isRequired={isRequired} {...field} />;
  if (node.kind === "switch") return <SwitchControl node={node} {...field} />;
  if (node.kind === "lines") return <LinesControl node={node} {...field} />;
  if (node.kind === "some") return <SomeControl node={node} {...field} />;
  return <JsonControl node={node} {...field} />;
}

/** A field of an object: groups are folded, what is optional and absent can be added. */
function FieldPlace({ node, place, shared }: { node: FormNode; place: Place; shared: Shared }) {
  const isGroup = node.kind === "object" || node.kind === "list" || node.kind === "record";
  if (!isGroup) return <PlaceFields node={node} place={place} shared={shared} />;
  const { steps, title, value, isRequired } = place;
  const isAbsent = node.kind === "object" && value === undefined;
  return (
    <Folded title={title} note={helpFor(steps)} problems={problemsBelow(shared, steps)}>
      {isAbsent ? (
        shared.isReadOnly ? (
          <p className="soft small">Not set.</p>
        ) : (
          <AddButton what={title} onClick={() => shared.change(steps, startOf(node))} />
        )
      ) : (
        <PlaceFields node={node} place={place} shared={shared} />
      )}
      {node.kind === "object" && !isRequired && !isAbsent ? (
        <RemoveButton place={place} shared={shared} what={title} />
      ) : null}
    </Folded>
  );
}

export function PolicyForm(props: {
  document: unknown;
  problems: readonly { path: string; message: string }[];
  isReadOnly: boolean;
  onChange: (document: unknown) => void;
}) {
  const problems = new Map(props.problems.map(({ path, message }) => [path, message]));
  const shared: Shared = {
    problems,
    isReadOnly: props.isReadOnly,
    change: (steps, value) => props.onChange(withValue(props.document, steps, value)),
  };
  const place = { steps: [], title: "", value: props.document, isRequired: true };
  return (
    <div className="card-body stack">
      <PlaceFields node={form} place={place} shared={shared} />
    </div>
  );
}
