/** Proposals that wait for a second admin: what each would change, approving it, turning it down. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import { useEffect, useState } from "react";
import type { PolicyChange } from "#policy/diff.ts";
import { useProposals, type Proposal } from "../data/policy.ts";
import { useSession } from "../data/session.ts";
import { useAdminLoad, useCommand } from "../data/use-admin.ts";
import type { Publishing } from "../data/use-publish.ts";
import { dateTime } from "../logic/format.ts";
import { Modal } from "../ui/modal.tsx";
import { Card } from "../ui/page.tsx";
import { CommandError } from "../ui/publish-state.tsx";
import { Show } from "../ui/states.tsx";
import { Changes } from "./policy-changes.tsx";

interface Props {
  publishing: Publishing;
  onDone: () => void;
}

function TurnDown(props: {
  isOwn: boolean;
  isBusy: boolean;
  onTurnDown: (reason: string) => Promise<void>;
}) {
  const [reason, setReason] = useState("");
  return (
    <div className="toolbar">
      <input
        className="control"
        aria-label="Reason"
        placeholder="Reason"
        maxLength={200}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <Button
        type="button"
        variant="secondary-destructive"
        loading={props.isBusy}
        onClick={() => void props.onTurnDown(reason.trim())}
      >
        {props.isOwn ? "Withdraw" : "Turn down"}
      </Button>
    </div>
  );
}

function Review(props: Props & { proposal: Proposal; onClose: () => void }) {
  const { proposal, publishing } = props;
  const { proposal: number, base, member } = proposal;
  const session = useSession();
  const isOwn = member === session.member;
  const withdraw = useCommand();
  const loaded = useAdminLoad<{ changes: PolicyChange[] }>(
    { type: "GetProposal", proposal: number },
    [],
  );
  const close = (isDone: boolean): void => {
    if (!isDone) return;
    props.onDone();
    props.onClose();
  };
  const turnDown = async (reason: string): Promise<void> => {
    const ask = { type: "WithdrawProposal", proposal: number, reason } as const;
    close((await withdraw.run(ask)) !== undefined);
  };
  return (
    <Modal
      title={`Proposal of ${member}`}
      onClose={props.onClose}
      closeWord="Close"
      isBusy={publishing.isRunning}
      isDisabled={loaded.data === undefined}
      {...(isOwn
        ? {}
        : {
            action: `Approve and publish as version ${base + 1}`,
            onSubmit: () => void publishing.approve(number, base).then(close),
          })}
    >
      <p>
        {dateTime(proposal.at)} · {proposal.comment || "no comment"}. It changes version {base}:
      </p>
      <Show loaded={loaded}>{({ changes }) => <Changes changes={changes} />}</Show>
      {isOwn ? <p className="soft">It is your own: another admin has to approve it.</p> : null}
      <TurnDown isOwn={isOwn} isBusy={withdraw.isRunning} onTurnDown={turnDown} />
      {[withdraw.error, publishing.error].map((error, index) =>
        error === undefined ? null : <CommandError key={index} error={error} />,
      )}
    </Modal>
  );
}

export function ProposalsCard(props: Props) {
  const loaded = useProposals();
  const { reload } = loaded;
  // One's own commands come back as no event.
  useEffect(reload, [reload, props.publishing.proposed]);
  const isAdmin = useSession().role === "admin";
  const [open, setOpen] = useState<Proposal>();
  const proposals = loaded.data?.proposals ?? [];
  if (proposals.length === 0) return null;
  return (
    <Card title="Waiting for a second approval">
      <ul className="card-body stack">
        {proposals.map((proposal) => (
          <li
            key={proposal.proposal}
            className="toolbar"
            style={{ justifyContent: "space-between", flexWrap: "nowrap" }}
          >
            <div className="wrap-anywhere">
              <div>
                {proposal.member}: {proposal.comment || "no comment"}{" "}
                <Badge variant="warning">proposed</Badge>
              </div>
              <div className="small soft">
                {dateTime(proposal.at)} · changes version {proposal.base}
              </div>
            </div>
            {isAdmin ? (
              <Button size="sm" onClick={() => setOpen(proposal)}>
                Review
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      {open === undefined ? null : (
        <Review
          proposal={open}
          publishing={props.publishing}
          onDone={() => {
            loaded.reload();
            props.onDone();
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Card>
  );
}
