/** Keys and members from the command line. */
import type { KeyScopeData } from "#events/policy-events.ts";
import type { AdminClient } from "./policy-client.ts";
import { type Commands, dateOf, type Session } from "./policy-session.ts";
import { Complaint, MISUSED, REFUSED } from "./policy-target.ts";

interface Key {
  keyId: string;
  member: string;
  label: string;
  issuedAt: number;
  expiresAt?: number;
  scope?: KeyScopeData;
}

const scopeFlags = ["models", "tiers", "routes", "access", "ips"] as const;

/** What a new key is narrowed to, by the options that were given; undefined without any. */
function scopeFrom(flags: Session["flags"]): KeyScopeData | undefined {
  const given = scopeFlags.flatMap((name) => {
    const text = flags[name];
    return text === undefined ? [] : [[name, text.split(",").map((item) => item.trim())] as const];
  });
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function scopeWords(scope: KeyScopeData = {}): string[] {
  return Object.entries(scope).map(([part, list]) => `${part}=${(list ?? []).join(",")}`);
}

export const keyCommands: Commands = {
  async list({ client, print }) {
    const result = await client.ask({ type: "ListKeys" });
    print(result, () =>
      [
        ...(result["keys"] as Key[]).map(({ keyId, member, label, expiresAt, scope }) =>
          [
            keyId,
            member,
            label,
            ...(expiresAt === undefined ? [] : [`until ${dateOf(expiresAt)}`]),
            ...scopeWords(scope),
          ]
            .join("  ")
            .trimEnd(),
        ),
        ...(result["revoked"] as Key[]).map(
          ({ keyId, member, label }) => `${keyId}  ${member}  ${label}  revoked`,
        ),
      ].join("\n"),
    );
  },
  async issue({ client, words: [member], flags, print }) {
    if (member === undefined) throw new Complaint("Whose key? keys issue <member>", MISUSED);
    const expiresAt = flags.expires === undefined ? undefined : Date.parse(flags.expires);
    if (Number.isNaN(expiresAt)) throw new Complaint("Write --expires as 2027-01-31.", MISUSED);
    const scope = scopeFrom(flags);
    const result = await client.ask({
      type: "IssueKey",
      member,
      label: flags.label ?? "",
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(scope === undefined ? {} : { scope }),
    });
    print(result, () => `${String(result["key"])}\nThis is the only time it is shown.`);
  },
  async rotate({ client, words: [keyId], print }) {
    if (keyId === undefined) throw new Complaint("Which key? keys rotate <keyId>", MISUSED);
    const { keys } = await client.ask({ type: "ListKeys" });
    const old = (keys as Key[]).find((key) => key.keyId === keyId);
    if (old === undefined) throw new Complaint(`There is no key "${keyId}".`, REFUSED);
    const { member, label, issuedAt, expiresAt, scope } = old;
    const result = await client.ask({
      type: "IssueKey",
      member,
      label,
      // It lives as long as the old one was meant to.
      ...(expiresAt === undefined ? {} : { expiresAt: Date.now() + expiresAt - issuedAt }),
      ...(scope === undefined ? {} : { scope }),
    });
    print(
      result,
      () =>
        `${String(result["key"])}\nThis is the only time it is shown. Once it is in use: keys revoke ${keyId}`,
    );
  },
  async revoke({ client, words: [keyId], flags, print }) {
    if (keyId === undefined) throw new Complaint("Which key? keys revoke <keyId>", MISUSED);
    const result = await client.ask({ type: "RevokeKey", keyId, reason: flags.reason ?? "" });
    print(result, () => `${keyId} is revoked.`);
  },
};

export const memberCommands: Commands = {
  async list({ client, print }) {
    const { members } = await client.ask({ type: "ListMembers" });
    type Member = { id: string; role: string; tier: string; team?: string };
    print(members, () =>
      (members as Member[])
        .map(({ id, role, tier, team }) =>
          `${id}  ${role}  ${tier || "(default tier)"}  ${team ?? ""}`.trimEnd(),
        )
        .join("\n"),
    );
  },
  async set({ client, words: [id, ...fields], print }) {
    if (id === undefined) throw new Complaint("Who? members set <id> role=<role>", MISUSED);
    const { members } = await client.ask({ type: "ListMembers" });
    const known = (members as { id: string }[]).find((member) => member.id === id);
    const member: Record<string, unknown> = { ...known, id };
    for (const field of fields) {
      const [name = "", value = ""] = field.split(/=(.*)/s);
      if (value === "") delete member[name];
      else member[name] = name === "tags" ? value.split(",") : value;
    }
    const frame = { type: "SetMember", member } as unknown as Parameters<AdminClient["ask"]>[0];
    const result = await client.ask(frame);
    print(result, () => `${id}: ${JSON.stringify(result["member"])}`);
  },
  async remove({ client, words: [id], print }) {
    if (id === undefined) throw new Complaint("Who? members remove <id>", MISUSED);
    const result = await client.ask({ type: "RemoveMember", member: id });
    const keys = (result["keysRevoked"] as string[]).length;
    print(result, () => `${id} is removed, with ${keys} key${keys === 1 ? "" : "s"}.`);
  },
};

/** Runs one of a table's commands; `list` when none is named. */
export function pick(what: string, table: Commands, session: Session): Promise<number | void> {
  const [word = "list", ...words] = session.words;
  const command = Object.hasOwn(table, word) ? table[word] : undefined;
  if (command === undefined) {
    throw new Complaint(`${what} takes ${Object.keys(table).join(", ")}.`, MISUSED);
  }
  return command({ ...session, words });
}
