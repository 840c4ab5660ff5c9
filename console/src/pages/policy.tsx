/** The policy: its text with problems in place, what a draft would change, its versions. */
import { Button } from "@cloudflare/kumo/components/button";
import { useMemo, useRef } from "react";
import { usePolicy, useVersions, type LivePolicy } from "../data/policy.ts";
import { useSession } from "../data/session.ts";
import { useAdminState } from "../data/use-admin.ts";
import { useDraft, type DraftState } from "../data/use-draft.ts";
import { usePublish } from "../data/use-publish.ts";
import { jsonPlaces } from "../logic/json-places.ts";
import { JsonEditor, type EditorHandle } from "../ui/json-editor.tsx";
import { Card, LiveBadge, Page } from "../ui/page.tsx";
import { Show } from "../ui/states.tsx";
import { ChangesCard } from "./policy-changes.tsx";
import { ConflictNotice } from "./policy-conflict.tsx";
import { PublishCard } from "./policy-publish.tsx";
import { TryText } from "./policy-try.tsx";
import { VersionsCard } from "./policy-versions.tsx";

interface Marks {
  problems: Map<number, string>;
  changed: Set<number>;
  /** Each problem with its line. */
  list: { line: number; path: string; message: string }[];
}

function marksOf({ draft, fault, checked }: DraftState): Marks {
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

function Problems({ marks, onShow }: { marks: Marks; onShow: (line: number) => void }) {
  if (marks.list.length === 0) return null;
  return (
    <Card title={marks.list.length === 1 ? "One problem" : `${marks.list.length} problems`}>
      <div role="alert">
        {marks.list.map(({ line, path, message }) => (
          <button
            type="button"
            className="problem"
            key={`${path} ${message}`}
            aria-label={`Line ${line + 1}: ${path} ${message}`}
            onClick={() => onShow(line)}
          >
            <span className="soft number nowrap">line {line + 1}</span>
            <span className="wrap-anywhere">
              {path === "" ? null : <code>{path} </code>}
              {message}
            </span>
          </button>
        ))}
      </div>
    </Card>
  );
}

function Editing({ live, onPublished }: { live: LivePolicy; onPublished: () => void }) {
  const isAdmin = useSession().role === "admin";
  const state = useDraft(live);
  const publishing = usePublish(onPublished);
  const versions = useVersions();
  const editor = useRef<EditorHandle>(null);
  const { draft, isDirty } = state;
  const marks = useMemo(() => marksOf(state), [draft.text, state.checked, state.fault?.message]);
  const reload = (): void => {
    onPublished();
    versions.reload();
  };
  const discard = isDirty ? (
    <Button size="sm" onClick={() => state.restart(live)}>
      Discard changes
    </Button>
  ) : null;
  return (
    <div className="columns wide-left">
      <div className="stack">
        <ConflictNotice live={live} state={state} />
        <Card
          title={isDirty ? `Draft on version ${draft.base.version}` : `Version ${live.version}`}
          side={discard}
        >
          <JsonEditor
            text={draft.text}
            onChange={state.write}
            problems={marks.problems}
            changed={marks.changed}
            isReadOnly={!isAdmin}
            handle={editor}
          />
        </Card>
      </div>
      <div className="stack">
        <Problems marks={marks} onShow={(line) => editor.current?.show(line)} />
        {isAdmin ? (
          <PublishCard state={state} live={live} publishing={publishing} onDone={reload} />
        ) : null}
        <ChangesCard state={state} />
        <TryText state={state} />
        <VersionsCard
          loaded={versions}
          live={live}
          publishing={publishing}
          onDone={reload}
          isAdmin={isAdmin}
        />
      </div>
    </div>
  );
}

export function Policy() {
  const policy = usePolicy();
  const state = useAdminState();
  return (
    <Page
      title="Policy"
      about="One document decides everything. A draft is checked by the gateway as it is written; published, it is in force when every lease on the version before it has ended."
      actions={<LiveBadge state={state} />}
    >
      <Show loaded={policy} lines={10}>
        {(live) => <Editing live={live} onPublished={policy.reload} />}
      </Show>
    </Page>
  );
}
