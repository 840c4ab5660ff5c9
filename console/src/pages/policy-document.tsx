/** The document itself, as text or as a form: two views of one draft. */
import { Button } from "@cloudflare/kumo/components/button";
import { lazy, Suspense, type Ref } from "react";
import type { LivePolicy } from "../data/policy.ts";
import { setParam } from "../data/router.ts";
import type { DraftState } from "../data/use-draft.ts";
import { jsonPlaces } from "../logic/json-places.ts";
import { JsonEditor, type EditorHandle } from "../ui/json-editor.tsx";
import { Card, Choice } from "../ui/page.tsx";
import { Nothing, Skeleton } from "../ui/states.tsx";

const PolicyForm = lazy(async () => ({ default: (await import("./policy-form.tsx")).PolicyForm }));

export interface Marks {
  problems: Map<number, string>;
  changed: Set<number>;
  /** Each problem with its line. */
  list: { line: number; path: string; message: string }[];
}

export function marksOf({ draft, fault, checked }: DraftState): Marks {
  const marks: Marks = { problems: new Map(), changed: new Set(), list: [] };
  if (fault !== undefined) marks.list.push({ line: fault.line, path: "", message: fault.message });
  const places = jsonPlaces(draft.text);
  for (const { path, message } of checked?.problems ?? []) {
    marks.list.push({ line: places.lineOf(path), path, message });
  }
  for (const { line, message } of marks.list) {
    const before = marks.problems.get(line);
    marks.problems.set(line, before === undefined ? message : `${before}\n${message}`);
  }
  for (const { path, after } of checked?.changes ?? []) {
    if (after !== undefined) marks.changed.add(places.lineOf(path));
  }
  return marks;
}

export type View = "json" | "form";
const views: readonly { value: View; title: string }[] = [
  { value: "json", title: "JSON" },
  { value: "form", title: "Form" },
];
export const readView = (text: string | null): View => (text === "form" ? "form" : "json");

function FormView({ state, isReadOnly }: { state: DraftState; isReadOnly: boolean }) {
  if (state.fault !== undefined) {
    return (
      <Nothing title="The text is no JSON yet">
        The form shows the same document: mend the text first.
      </Nothing>
    );
  }
  return (
    <Suspense fallback={<Skeleton lines={8} />}>
      <PolicyForm
        document={JSON.parse(state.draft.text) as unknown}
        problems={state.checked?.problems ?? []}
        isReadOnly={isReadOnly}
        onChange={(document) => state.write(JSON.stringify(document, null, 2))}
      />
    </Suspense>
  );
}

/** The draft in the view that the address names. */
export function DocumentCard(props: {
  state: DraftState;
  live: LivePolicy;
  view: View;
  marks: Marks;
  isReadOnly: boolean;
  editor: Ref<EditorHandle>;
}) {
  const { state, live, view, marks, isReadOnly } = props;
  const { draft, isDirty } = state;
  return (
    <Card
      title={isDirty ? `Draft on version ${draft.base.version}` : `Version ${live.version}`}
      side={
        <div className="toolbar">
          {isDirty ? (
            <Button size="sm" onClick={() => state.restart(live)}>
              Discard changes
            </Button>
          ) : null}
          <Choice
            label="View"
            name="view"
            value={view}
            options={views}
            onChoose={(value) => setParam("view", value === "json" ? undefined : value)}
          />
        </div>
      }
    >
      {view === "json" ? (
        <JsonEditor
          text={draft.text}
          onChange={state.write}
          problems={marks.problems}
          changed={marks.changed}
          isReadOnly={isReadOnly}
          handle={props.editor}
        />
      ) : (
        <FormView state={state} isReadOnly={isReadOnly} />
      )}
    </Card>
  );
}
