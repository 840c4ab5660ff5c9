/** Issuing a key, whose text is shown this once, and revoking one. */
import { useState } from "react";
import type { MemberData } from "#events/policy-events.ts";
import type { PolicyDocument } from "#policy/document.ts";
import type { Key } from "../data/policy.ts";
import { useCommand } from "../data/use-admin.ts";
import { addressProblem, noScope, scopeFrom } from "../logic/key-scope.ts";
import { Copy } from "../ui/copy.tsx";
import { SelectField, TextField } from "../ui/fields.tsx";
import { Modal } from "../ui/modal.tsx";
import { CommandError } from "../ui/publish-state.tsx";
import { ScopeFields } from "./scope-fields.tsx";

const DAY_MS = 86_400_000;
const lives: [days: string, title: string][] = [
  ["0", "Never"],
  ["7", "In 7 days"],
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In a year"],
];

/** A key's text, this once. */
export function SecretText({ secret }: { secret: string }) {
  return (
    <>
      <p>Copy it now: it is shown this once, and nobody can look it up later.</p>
      <div className="secret">
        <Copy exact={secret} label="Copy the key">
          <code>{secret}</code>
        </Copy>
      </div>
    </>
  );
}

function Shown({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Modal title="The key" onClose={onClose} closeWord="I have it">
      <SecretText secret={secret} />
    </Modal>
  );
}

function LifeField({ days, onChange }: { days: string; onChange: (days: string) => void }) {
  return (
    <SelectField title="Expires" value={days} onChange={onChange}>
      {lives.map(([value, title]) => (
        <option key={value} value={value}>
          {title}
        </option>
      ))}
    </SelectField>
  );
}

export function IssueDialog(props: {
  member: string | undefined;
  members: readonly MemberData[];
  policy: PolicyDocument | undefined;
  onChanged: () => void;
  onClose: () => void;
}) {
  const command = useCommand();
  const [member, setMember] = useState(props.member ?? props.members[0]?.id ?? "");
  const [label, setLabel] = useState("");
  const [days, setDays] = useState("90");
  const [scope, setScope] = useState(noScope);
  const [secret, setSecret] = useState<string>();
  if (secret !== undefined) return <Shown secret={secret} onClose={props.onClose} />;
  const issue = async (): Promise<void> => {
    const expiry = days === "0" ? {} : { expiresAt: Date.now() + Number(days) * DAY_MS };
    const result = await command.run<{ key?: string }>({
      type: "IssueKey",
      member,
      label: label.trim(),
      ...expiry,
      ...scopeFrom(scope),
    });
    if (result === undefined) return;
    props.onChanged();
    if (result.key === undefined) props.onClose();
    else setSecret(result.key);
  };
  return (
    <Modal
      title="Issue a key"
      onClose={props.onClose}
      onSubmit={() => void issue()}
      action="Issue"
      isBusy={command.isRunning}
      isDisabled={member === "" || addressProblem(scope) !== undefined}
    >
      <SelectField title="Member" value={member} onChange={setMember}>
        {props.members.map(({ id }) => (
          <option key={id}>{id}</option>
        ))}
      </SelectField>
      <div className="form-grid">
        <TextField
          title="Label"
          charsMax={100}
          placeholder="laptop, build server, …"
          value={label}
          onChange={setLabel}
        />
        <LifeField days={days} onChange={setDays} />
      </div>
      <ScopeFields draft={scope} policy={props.policy} onChange={setScope} />
      {command.error === undefined ? null : <CommandError error={command.error} />}
    </Modal>
  );
}

export function RevokeDialog(props: {
  keyRecord: Key;
  onChanged: () => void;
  onClose: () => void;
}) {
  const command = useCommand();
  const [reason, setReason] = useState("");
  const { keyId, member, label } = props.keyRecord;
  const revoke = async (): Promise<void> => {
    if ((await command.run({ type: "RevokeKey", keyId, reason: reason.trim() })) === undefined)
      return;
    props.onChanged();
    props.onClose();
  };
  return (
    <Modal
      title="Revoke this key"
      onClose={props.onClose}
      onSubmit={() => void revoke()}
      action="Revoke"
      isDangerous
      isBusy={command.isRunning}
    >
      <p>
        <code>{keyId}</code> of {member}
        {label === "" ? "" : ` (${label})`} is refused from then on, for good.
      </p>
      <label className="field">
        <span>Reason, for the history</span>
        <input
          className="control"
          maxLength={200}
          autoFocus
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      {command.error === undefined ? null : <CommandError error={command.error} />}
    </Modal>
  );
}
