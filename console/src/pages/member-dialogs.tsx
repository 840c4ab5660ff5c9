/** Adding, changing and removing a member. */
import { useState } from "react";
import type { MemberData } from "#events/policy-events.ts";
import { useCommand } from "../data/use-admin.ts";
import { SelectField, TextField } from "../ui/fields.tsx";
import { Modal } from "../ui/modal.tsx";
import { CommandError } from "../ui/publish-state.tsx";

const roles = ["member", "auditor", "admin"] as const;
const roleNotes = {
  member: "calls models, and sees their own requests",
  auditor: "sees everything, changes nothing",
  admin: "sees everything, changes policy, members and keys",
} as const;

type Role = MemberData["role"];

interface Form {
  id: string;
  role: Role;
  tier: string;
  team: string;
  name: string;
}

function formOf(member: MemberData | undefined): Form {
  const { id = "", role = "member", tier = "", team = "", name = "" } = member ?? {};
  return { id, role, tier, team, name };
}

/** A member as the socket takes one: what is empty is left out. */
function inputOf(form: Form, before: MemberData | undefined) {
  return {
    id: form.id.trim(),
    role: form.role,
    tier: form.tier,
    ...(form.team.trim() === "" ? {} : { team: form.team.trim() }),
    ...(form.name.trim() === "" ? {} : { name: form.name.trim() }),
    ...(before?.tags === undefined ? {} : { tags: before.tags }),
  };
}

export function MemberDialog(props: {
  member: MemberData | undefined;
  tiers: readonly string[];
  onChanged: () => void;
  onClose: () => void;
}) {
  const { member } = props;
  const command = useCommand();
  const [form, setForm] = useState(() => formOf(member));
  const set =
    <K extends keyof typeof form>(field: K) =>
    (value: (typeof form)[K]) =>
      setForm({ ...form, [field]: value });
  const save = async (): Promise<void> => {
    if ((await command.run({ type: "SetMember", member: inputOf(form, member) })) === undefined)
      return;
    props.onChanged();
    props.onClose();
  };
  return (
    <Modal
      title={member === undefined ? "Add a member" : `Edit ${member.id}`}
      onClose={props.onClose}
      onSubmit={() => void save()}
      action="Save"
      isBusy={command.isRunning}
      isDisabled={form.id.trim() === ""}
    >
      <div className="form-grid">
        <TextField
          title="Id (as in tokens: often an e-mail address)"
          value={form.id}
          onChange={set("id")}
          isRequired
          isDisabled={member !== undefined}
        />
        <TextField title="Name" value={form.name} onChange={set("name")} />
        <SelectField title="Role" value={form.role} onChange={(role) => set("role")(role as Role)}>
          {roles.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </SelectField>
        <SelectField title="Tier" value={form.tier} onChange={set("tier")}>
          <option value="">the policy's default</option>
          {props.tiers.map((tier) => (
            <option key={tier}>{tier}</option>
          ))}
        </SelectField>
        <TextField title="Team" value={form.team} onChange={set("team")} />
      </div>
      <p className="small soft">
        {form.role}: {roleNotes[form.role]}.
      </p>
      {command.error === undefined ? null : <CommandError error={command.error} />}
    </Modal>
  );
}

export function RemoveDialog(props: {
  member: MemberData;
  onChanged: () => void;
  onClose: () => void;
}) {
  const command = useCommand();
  const { id } = props.member;
  const remove = async (): Promise<void> => {
    if ((await command.run({ type: "RemoveMember", member: id })) === undefined) return;
    props.onChanged();
    props.onClose();
  };
  return (
    <Modal
      title={`Remove ${id}`}
      onClose={props.onClose}
      onSubmit={() => void remove()}
      action="Remove"
      isDangerous
      isBusy={command.isRunning}
    >
      <p>All keys of {id} are revoked and their sessions end. What they did stays in the books.</p>
      {command.error === undefined ? null : <CommandError error={command.error} />}
    </Modal>
  );
}
