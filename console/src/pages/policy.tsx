/** The policy: its text with problems in place, what a draft would change, its versions. */
import { useEffect, useMemo, useRef } from "react";
import { usePolicy, useVersions, type LivePolicy } from "../data/policy.ts";
import { setParam, useAddress } from "../data/router.ts";
import { useSession } from "../data/session.ts";
import { useAdminState } from "../data/use-admin.ts";
import { useDraft } from "../data/use-draft.ts";
import { usePublish } from "../data/use-publish.ts";
import type { EditorHandle } from "../ui/json-editor.tsx";
import { Card, LiveBadge, Page } from "../ui/page.tsx";
import { Show } from "../ui/states.tsx";
import { ChangesCard } from "./policy-changes.tsx";
import { ConflictNotice } from "./policy-conflict.tsx";
import { DocumentCard, marksOf, readView, type Marks } from "./policy-document.tsx";
import { ProposalsCard } from "./policy-proposals.tsx";
import { PublishCard } from "./policy-publish.tsx";
import { TryText } from "./policy-try.tsx";
import { ShadowCard } from "./shadow-card.tsx";
import { VersionsCard } from "./policy-versions.tsx";
import { WhatIfCard } from "./what-if-card.tsx";

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
  const view = readView(new URLSearchParams(useAddress().search).get("view"));
  /** The line to show once the text is on screen. */
  const toShow = useRef<number>(undefined);
  useEffect(() => {
    if (view === "json" && toShow.current !== undefined) editor.current?.show(toShow.current);
    toShow.current = undefined;
  }, [view]);
  const marks = useMemo(
    () => marksOf(state),
    [state.draft.text, state.checked, state.fault?.message],
  );
  const reload = (): void => {
    onPublished();
    versions.reload();
  };
  const props = { state, live, publishing, onDone: reload };
  return (
    <div className="columns wide-left pinned">
      <div className="stack">
        <ConflictNotice live={live} state={state} />
        <DocumentCard
          state={state}
          live={live}
          view={view}
          marks={marks}
          isReadOnly={!isAdmin}
          editor={editor}
        />
      </div>
      <div className="stack">
        <Problems
          marks={marks}
          onShow={(line) => {
            if (view === "json") editor.current?.show(line);
            else toShow.current = line;
            setParam("view", undefined);
          }}
        />
        <ProposalsCard publishing={publishing} onDone={reload} />
        {isAdmin ? <PublishCard {...props} /> : null}
        <ChangesCard state={state} />
        {isAdmin ? <WhatIfCard state={state} /> : null}
        <ShadowCard {...props} />
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
