/** Rotating a key: a new one for the same member, shown once, and the old one revoked when it may go. */
import { useState } from "react";
import type { PolicyDocument } from "#policy/document.ts";
import type { Key } from "../data/policy.ts";
import { useCommand } from "../data/use-admin.ts";
import { addressProblem, draftOf, scopeFrom } from "../logic/key-scope.ts";
import { Modal } from "../ui/modal.tsx";
import { CommandError } from "../ui/publish-state.tsx";
import { SecretText } from "./key-dialogs.tsx";
import { ScopeFields } from "./scope-fields.tsx";

interface Props {
  keyRecord: Key;
  policy: PolicyDocument | undefined;
  onChanged: () => void;
  onClose: () => void;
}

/** The new key, and the old one to be revoked. */
function Issued(props: Props & { secret: string }) {
  const { keyRecord, secret, onChanged, onClose } = props;
  const { keyId } = keyRecord;
  const command = useCommand();
  const revoke = async (): Promise<void> => {
    const revoked = await command.run({ type: "RevokeKey", keyId, reason: "rotation" });
    if (revoked === undefined) return;
    onChanged();
    onClose();
  };
  return (
    <Modal
      title="The new key"
      onClose={onClose}
      onSubmit={() => void revoke()}
      action="Revoke the old key"
      closeWord="Later"
      isDangerous
      isBusy={command.isRunning}
    >
      <SecretText secret={secret} />
      <p>
        Both keys work until <code>{keyId}</code> is revoked: move the application over first.
      </p>
      {command.error === undefined ? null : <CommandError error={command.error} />}
    </Modal>
  );
}

export function RotateDialog(props: Props) {
  const { keyRecord, onChanged, onClose } = props;
  const { keyId, member, label, issuedAt, expiresAt } = keyRecord;
  const command = useCommand();
  const [scope, setScope] = useState(() => draftOf(keyRecord.scope));
  const [secret, setSecret] = useState<string>();
  if (secret !== undefined) return <Issued {...props} secret={secret} />;
  const issue = async (): Promise<void> => {
    // It lives as long as the old one was meant to.
    const expiry = expiresAt === undefined ? {} : { expiresAt: Date.now() + expiresAt - issuedAt };
    const result = await command.run<{ key?: string }>({
      type: "IssueKey",
      member,
      label,
      ...expiry,
      ...scopeFrom(scope),
    });
    if (result === undefined) return;
    onChanged();
    // An answer that was lost comes again without the key: the list shows it, to be revoked.
    if (result.key === undefined) onClose();
    else setSecret(result.key);
  };
  return (
    <Modal
      title="Rotate this key"
      onClose={onClose}
      onSubmit={() => void issue()}
      action="Issue the new key"
      isBusy={command.isRunning}
      isDisabled={addressProblem(scope) !== undefined}
    >
      <p>
        {member} gets another key like <code>{keyId}</code>
        {label === "" ? "" : ` (${label})`}. The old one stays until it is revoked.
      </p>
      <ScopeFields draft={scope} policy={props.policy} onChange={setScope} />
      {command.error === undefined ? null : <CommandError error={command.error} />}
    </Modal>
  );
}
