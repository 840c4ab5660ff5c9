/** Ordering that a person be erased: their id is typed twice, and the proof is shown at the end. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { useState } from "react";
import { AdminRefused } from "../data/admin-socket.ts";
import { useCommand } from "../data/use-admin.ts";
import { isConfirmed, type ErasureProof } from "../logic/erasure.ts";
import { TextField } from "../ui/fields.tsx";
import { Modal } from "../ui/modal.tsx";
import { CommandError } from "../ui/publish-state.tsx";
import { Proof } from "./erasure-proof.tsx";

/** The order stands in the log; the person's own actor was not reached yet. */
function isPending(error: Error | undefined): boolean {
  return error instanceof AdminRefused && error.code === "erasure_pending";
}

function What() {
  return (
    <ul className="bullets small">
      <li>The key of every prompt and answer that was kept of this person is destroyed.</li>
      <li>Nothing brings those texts back, for nobody; backups end within 30 days.</li>
      <li>The log keeps its events, and verifies as before. A membership stays.</li>
    </ul>
  );
}

/** Who: a member from the list, or the id of one who has left. */
function PersonField(props: {
  value: string;
  members: readonly string[];
  onChange: (value: string) => void;
}) {
  return (
    <label className="field">
      <span>Person, a member or one who has left</span>
      <input
        className="control"
        list="erase-members"
        maxLength={200}
        required
        autoFocus
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      />
      <datalist id="erase-members">
        {props.members.map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
    </label>
  );
}

function Trouble({ error }: { error: Error | undefined }) {
  if (error === undefined) return null;
  if (!isPending(error)) return <CommandError error={error} />;
  return (
    <p role="status">
      <Badge variant="warning">Under way</Badge> It is ordered in the log and tried until it is
      done; the proof shows up in the list by itself.
    </p>
  );
}

export function EraseDialog(props: {
  members: readonly string[];
  onOrdered: () => void;
  onClose: () => void;
}) {
  const { members, onOrdered, onClose } = props;
  const command = useCommand();
  const [member, setMember] = useState("");
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [proof, setProof] = useState<ErasureProof>();
  const erase = async (): Promise<void> => {
    const said = reason.trim() === "" ? {} : { reason: reason.trim() };
    setProof(await command.run({ type: "EraseMember", member, confirm: typed, ...said }));
    // Refused or pending, the list says how it stands.
    onOrdered();
  };
  if (proof !== undefined) {
    return (
      <Modal title={`${member} is erased`} onClose={onClose} closeWord="Close">
        <p>The key is destroyed: what it encrypted is readable by nobody.</p>
        <Proof member={member} proof={proof} />
      </Modal>
    );
  }
  const pending = isPending(command.error);
  return (
    <Modal
      title="Erase a person"
      onClose={onClose}
      onSubmit={() => void erase()}
      action={pending ? "Try again" : "Erase for good"}
      closeWord={pending ? "Close" : "Cancel"}
      isDangerous
      isBusy={command.isRunning}
      isDisabled={!isConfirmed(member, typed)}
    >
      <What />
      <PersonField value={member} members={members} onChange={setMember} />
      <TextField
        title={member === "" ? "The same id once more" : `Type ${member} to confirm`}
        value={typed}
        onChange={setTyped}
        isRequired
      />
      <TextField title="Reason, for the log" value={reason} onChange={setReason} />
      <Trouble error={command.error} />
    </Modal>
  );
}
