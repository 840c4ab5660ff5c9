/** Members with their roles, and their keys: issued, shown once, revoked. */
import { Button } from "@cloudflare/kumo/components/button";
import { Plus } from "@phosphor-icons/react";
import { useState } from "react";
import type { MemberData } from "#events/policy-events.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { useKeys, useMembers, usePolicy, type Key } from "../data/policy.ts";
import { useSession } from "../data/session.ts";
import { useAdminState } from "../data/use-admin.ts";
import { Card, LiveBadge, Page } from "../ui/page.tsx";
import { Show } from "../ui/states.tsx";
import { IssueDialog, RevokeDialog } from "./key-dialogs.tsx";
import { KeysTable, RevokedTable } from "./keys-table.tsx";
import { MemberDialog, RemoveDialog } from "./member-dialogs.tsx";
import { MembersTable } from "./members-table.tsx";
import { RotateDialog } from "./rotate-dialog.tsx";

/** What is open over the page. */
type Open =
  | { kind: "member"; member?: MemberData }
  | { kind: "remove"; member: MemberData }
  | { kind: "issue"; member?: string }
  | { kind: "rotate" | "revoke"; key: Key };

function Dialogs(props: {
  open: Open;
  members: readonly MemberData[];
  policy: PolicyDocument | undefined;
  onChanged: () => void;
  onClose: () => void;
}) {
  const { open, members, policy, onChanged, onClose } = props;
  const tiers = Object.keys(policy?.tiers ?? {});
  if (open.kind === "member") {
    return (
      <MemberDialog member={open.member} tiers={tiers} onChanged={onChanged} onClose={onClose} />
    );
  }
  if (open.kind === "remove") {
    return <RemoveDialog member={open.member} onChanged={onChanged} onClose={onClose} />;
  }
  if (open.kind === "issue") {
    return (
      <IssueDialog
        member={open.member}
        members={members}
        policy={policy}
        onChanged={onChanged}
        onClose={onClose}
      />
    );
  }
  if (open.kind === "rotate") {
    const { key } = open;
    return <RotateDialog keyRecord={key} policy={policy} onChanged={onChanged} onClose={onClose} />;
  }
  return <RevokeDialog keyRecord={open.key} onChanged={onChanged} onClose={onClose} />;
}

export function Members() {
  const members = useMembers();
  const keys = useKeys();
  const policy = usePolicy();
  const state = useAdminState();
  const isAdmin = useSession().role === "admin";
  const [open, setOpen] = useState<Open>();
  const changed = (): void => {
    members.reload();
    keys.reload();
  };
  const add = (title: string, what: Open) =>
    isAdmin ? (
      <Button size="sm" icon={<Plus size={14} />} onClick={() => setOpen(what)}>
        {title}
      </Button>
    ) : null;
  const edit = isAdmin ? setOpen : undefined;
  return (
    <Page
      title="Keys and members"
      about="A revoked key is refused from the moment the gateway says so. Only a hash of each key is kept."
      actions={<LiveBadge state={state} />}
    >
      <div className="stack">
        <Card title="Members" side={add("Add member", { kind: "member" })}>
          <Show loaded={members}>
            {(answer) => (
              <MembersTable members={answer.members} keys={keys.data?.keys ?? []} onOpen={edit} />
            )}
          </Show>
        </Card>
        <Card title="Keys" side={add("Issue key", { kind: "issue" })}>
          <Show loaded={keys}>{(answer) => <KeysTable keys={answer.keys} onOpen={edit} />}</Show>
        </Card>
        {keys.data !== undefined && keys.data.revoked.length > 0 ? (
          <Card title="Revoked keys">
            <RevokedTable revoked={keys.data.revoked} />
          </Card>
        ) : null}
      </div>
      {open === undefined ? null : (
        <Dialogs
          open={open}
          members={members.data?.members ?? []}
          policy={policy.data?.document}
          onChanged={changed}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Page>
  );
}
