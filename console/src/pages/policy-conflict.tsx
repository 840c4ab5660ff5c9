/** Two admins at once: a version was published while a draft of the one before it is open. */
import { Button } from "@cloudflare/kumo/components/button";
import type { LivePolicy } from "../data/policy.ts";
import type { DraftState } from "../data/use-draft.ts";
import { dateTime } from "../logic/format.ts";
import { Card } from "../ui/page.tsx";
import { ChangesBetween } from "./policy-changes.tsx";

export function ConflictNotice({ live, state }: { live: LivePolicy; state: DraftState }) {
  const { base } = state.draft;
  if (!state.isDirty || base.version >= live.version) return null;
  return (
    <div role="alert">
      <Card title={`Version ${live.version} was published meanwhile`}>
        <p className="card-body">
          Your draft is a change of version {base.version}. On {dateTime(live.at)} version{" "}
          {live.version} was published{live.comment === "" ? "" : `: ${live.comment}`}. It changed:
        </p>
        <ChangesBetween before={base.document} after={live.document} />
        <div className="card-body toolbar">
          <Button onClick={() => state.restart(live)}>
            Begin again from version {live.version}
          </Button>
          <Button variant="secondary-destructive" onClick={() => state.moveTo(live)}>
            Keep my text over it
          </Button>
        </div>
      </Card>
    </div>
  );
}
