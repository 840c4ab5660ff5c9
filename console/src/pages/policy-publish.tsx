/** Publishing a draft, with a comment for the history. */
import { Button } from "@cloudflare/kumo/components/button";
import { useState, type FormEvent } from "react";
import type { LivePolicy } from "../data/policy.ts";
import type { DraftState } from "../data/use-draft.ts";
import type { Publishing } from "../data/use-publish.ts";
import { Card } from "../ui/page.tsx";
import { PublishState } from "../ui/publish-state.tsx";

export function PublishCard(props: {
  state: DraftState;
  live: LivePolicy;
  publishing: Publishing;
  onDone: () => void;
}) {
  const { state, live, publishing } = props;
  const { draft, checked, isDirty } = state;
  const [comment, setComment] = useState("");
  const isBehind = draft.base.version < live.version;
  const isReady = isDirty && !isBehind && checked?.valid === true && checked.changes.length > 0;
  const publish = (event: FormEvent): void => {
    event.preventDefault();
    const document: unknown = JSON.parse(draft.text);
    void publishing.publish(document, draft.base.version, comment.trim()).then((isDone) => {
      if (!isDone) return;
      setComment("");
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
    !isDirty && publishing.waitingFor === undefined && publishing.inForce === undefined;
  if (isQuiet && publishing.error === undefined) return null;
  return (
    <Card title="Publish">
      <form className="card-body stack" onSubmit={publish}>
        {isDirty ? (
          <>
            <label className="field">
              <span>Comment, for the history</span>
              <input
                className="control"
                maxLength={200}
                value={comment}
                onChange={(event) => setComment(event.target.value)}
              />
            </label>
            <Button
              type="submit"
              variant="primary"
              disabled={!isReady}
              loading={publishing.isRunning}
            >
              Publish as version {live.version + 1}
            </Button>
          </>
        ) : null}
        <PublishState publishing={publishing} />
      </form>
    </Card>
  );
}
