/** The members of the organisation. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import type { MemberData } from "#events/policy-events.ts";
import type { Key } from "../data/policy.ts";
import { useLink } from "../data/router.ts";
import { pathOf } from "../logic/address.ts";

type OnOpen = (
  what: { kind: "member" | "remove"; member: MemberData } | { kind: "issue"; member: string },
) => void;

const roleTones = { admin: "info", auditor: "success", member: "outline" } as const;

function Name({ member }: { member: MemberData }) {
  const link = useLink(`${pathOf("requests")}?user=${encodeURIComponent(member.id)}`);
  return (
    <>
      <a className="text-link wrap-anywhere" {...link}>
        {member.id}
      </a>
      {member.name === undefined ? null : <div className="small soft">{member.name}</div>}
    </>
  );
}

function Actions({ member, onOpen }: { member: MemberData; onOpen: OnOpen }) {
  const { id } = member;
  return (
    <div className="toolbar" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
      <Button
        size="sm"
        aria-label={`Issue key for ${id}`}
        onClick={() => onOpen({ kind: "issue", member: id })}
      >
        Issue key
      </Button>
      <Button
        size="sm"
        aria-label={`Edit ${id}`}
        onClick={() => onOpen({ kind: "member", member })}
      >
        Edit
      </Button>
      <Button
        size="sm"
        variant="secondary-destructive"
        aria-label={`Remove ${id}`}
        onClick={() => onOpen({ kind: "remove", member })}
      >
        Remove
      </Button>
    </div>
  );
}

export function MembersTable(props: {
  members: readonly MemberData[];
  keys: readonly Key[];
  onOpen: OnOpen | undefined;
}) {
  const { members, keys, onOpen } = props;
  return (
    <div className="table-scroll">
      <table className="data records">
        <thead>
          <tr>
            <th scope="col">Member</th>
            <th scope="col">Role</th>
            <th scope="col">Tier</th>
            <th scope="col">Team</th>
            <th scope="col" className="end">
              Keys
            </th>
            {onOpen === undefined ? null : (
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <tr key={member.id}>
              <th scope="row">
                <Name member={member} />
              </th>
              <td data-label="Role">
                <Badge variant={roleTones[member.role]}>{member.role}</Badge>
              </td>
              <td data-label="Tier">{member.tier || <span className="soft">default</span>}</td>
              <td data-label="Team">{member.team ?? ""}</td>
              <td data-label="Keys" className="end">
                {keys.filter((key) => key.member === member.id).length}
              </td>
              {onOpen === undefined ? null : (
                <td className="acts">
                  <Actions member={member} onOpen={onOpen} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
