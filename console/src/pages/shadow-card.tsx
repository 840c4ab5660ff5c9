/** A draft in the shadow: decided beside the policy in force on live requests, without effect. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import type { LivePolicy } from "../data/policy.ts";
import { useSession } from "../data/session.ts";
import { useCommand } from "../data/use-admin.ts";
import type { DraftState } from "../data/use-draft.ts";
import type { Publishing } from "../data/use-publish.ts";
import { useRunningShadow, type RunningShadow } from "../data/use-shadow.ts";
import { dateTime } from "../logic/format.ts";
import { Card } from "../ui/page.tsx";
import { CommandError } from "../ui/publish-state.tsx";
import { Show } from "../ui/states.tsx";
import { Changes } from "./policy-changes.tsx";
import { ShadowReportView } from "./shadow-report.tsx";

interface Props {
  state: DraftState;
  live: LivePolicy;
  publishing: Publishing;
  onDone: () => void;
}

/** Puts the draft that is being written into the shadow. */
function Start(props: { state: DraftState; isRunning: boolean; onStarted: () => void }) {
  const { state, isRunning, onStarted } = props;
  const { draft, checked, isDirty } = state;
  const command = useCommand();
  const start = async (): Promise<void> => {
    const started = await command.run({
      type: "StartShadow",
      document: JSON.parse(draft.text) as unknown,
      expectVersion: draft.base.version,
    });
    if (started !== undefined) onStarted();
  };
  const isReady = isDirty && checked?.valid === true && checked.changes.length > 0;
  return (
    <div className="stack" style={{ gap: 8 }}>
      <div className="toolbar">
        <Button disabled={!isReady} loading={command.isRunning} onClick={() => void start()}>
          {isRunning ? "Put this draft in its place" : "Put the draft into the shadow"}
        </Button>
        {isDirty ? null : <span className="small soft">Change something first.</span>}
      </div>
      {command.error === undefined ? null : <CommandError error={command.error} />}
    </div>
  );
}

function Running(props: Props & { shadow: RunningShadow; onStopped: () => void }) {
  const { shadow, state, live, publishing, onStopped, onDone } = props;
  const { draft, at, member, comment, changes } = shadow;
  const isAdmin = useSession().role === "admin";
  const command = useCommand();
  const stop = async (): Promise<void> => {
    if ((await command.run({ type: "StopShadow", draft })) !== undefined) onStopped();
  };
  const promote = async (): Promise<void> => {
    if (!(await publishing.promote(draft, live.version))) return;
    // The text that is being written was this very draft: it is no change any more.
    if (state.checked?.hash === shadow.hash) state.restart(live);
    onStopped();
    onDone();
  };
  const needsTwo = live.document.approvals?.publish === 2;
  return (
    <div className="stack">
      <p className="small soft">
        Draft {draft}, by {member} since {dateTime(at)}
        {comment === "" ? "" : `: ${comment}`}
      </p>
      <ShadowReportView draft={draft} />
      <details>
        <summary className="small">What it changes ({changes.length})</summary>
        <Changes changes={changes} />
      </details>
      {isAdmin ? (
        <div className="toolbar">
          <Button variant="primary" loading={publishing.isRunning} onClick={() => void promote()}>
            {needsTwo ? "Propose this draft" : "Publish this draft"}
          </Button>
          <Button
            variant="secondary-destructive"
            loading={command.isRunning}
            onClick={() => void stop()}
          >
            Stop
          </Button>
        </div>
      ) : null}
      {command.error === undefined ? null : <CommandError error={command.error} />}
    </div>
  );
}

export function ShadowCard(props: Props) {
  const loaded = useRunningShadow();
  const isAdmin = useSession().role === "admin";
  /** The last that ran while this was on screen: its report stays. */
  const [ended, setEnded] = useState<number>();
  const running = loaded.data?.shadow ?? undefined;
  if (running !== undefined && ended !== running.draft) setEnded(running.draft);
  return (
    <Card
      title="Shadow"
      side={running === undefined ? null : <Badge variant="info">beside live requests</Badge>}
      padded
    >
      <Show loaded={loaded} lines={2}>
        {({ shadow }) => (
          <div className="stack">
            {shadow === null ? (
              <p className="small soft">
                A draft in the shadow decides every live request beside the policy in force, and has
                no effect on anybody.
              </p>
            ) : (
              <Running {...props} shadow={shadow} onStopped={loaded.reload} />
            )}
            {shadow === null && ended !== undefined ? (
              <>
                <p className="small soft">Draft {ended} has ended. What it found:</p>
                <ShadowReportView draft={ended} />
              </>
            ) : null}
            {isAdmin ? (
              <Start state={props.state} isRunning={shadow !== null} onStarted={loaded.reload} />
            ) : null}
          </div>
        )}
      </Show>
    </Card>
  );
}
