/** Publishing a draft, with a comment for the history. */
import { Button } from "@cloudflare/kumo/components/button";
import { useState, type FormEvent } from "react";
import type { LivePolicy } from "../data/policy.ts";
import type { DraftState } from "../data/use-draft.ts";
import type { Publishing } from "../data/use-publish.ts";
import { Card } from "../ui/page.tsx";
import { PublishState } from "../ui/publish-state.tsx";

function CommentField(props: { value: string; onChange: (text: string) => void }) {
  return (
    <label className="field">
      <span>Comment, for the history</span>
      <input
        className="control"
        maxLength={200}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </label>
  );
}

export function PublishCard(props: {
  state: DraftState;
  live: LivePolicy;
  publishing: Publishing;
  onDone: () => void;
}) {
  const { state, live, publishing } = props;
  const { draft, checked, isDirty } = state;
  const [comment, setComment] = useState("");
  const needsTwo = live.document.approvals?.publish === 2;
  const isBehind = draft.base.version < live.version;
  const isReady = isDirty && !isBehind && checked?.valid === true && checked.changes.length > 0;
  const publish = (event: FormEvent): void => {
    event.preventDefault();
    const document: unknown = JSON.parse(draft.text);
    void publishing.publish(document, draft.base.version, comment.trim()).then((isDone) => {
      if (!isDone) return;
      setComment("");
      // What is only proposed changes nothing yet: the draft goes, what is live stays.
      if (needsTwo) {
        state.restart(live);
        return;
      }
      // What was published is what is live: the next draft begins there.
      state.restart({
        ...live,
        version: live.version + 1,
        document: document as LivePolicy["document"],
      });
      props.onDone();
    });
  };
  const isQuiet =
    !isDirty &&
    publishing.waitingFor === undefined &&
    publishing.inForce === undefined &&
    publishing.proposed === undefined;
  if (isQuiet && publishing.error === undefined) return null;
  return (
    <Card title={needsTwo ? "Propose" : "Publish"}>
      <form className="card-body stack" onSubmit={publish}>
        {isDirty ? (
          <>
            <CommentField value={comment} onChange={setComment} />
            <Button
              type="submit"
              variant="primary"
              disabled={!isReady}
              loading={publishing.isRunning}
            >
              {needsTwo ? "Propose as" : "Publish as"} version {live.version + 1}
            </Button>
          </>
        ) : null}
        <PublishState publishing={publishing} />
      </form>
    </Card>
  );
}
