/** The admin's command line, over the same socket as the console. `npm run policy -- help`. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { AdminClient } from "./policy-client.ts";
import { getAt, readValue, setAt, unsetAt } from "./policy-edit.ts";
import { Complaint, findTarget, MISUSED, UNREACHED } from "./policy-target.ts";

const usage = `npm run policy -- <command> [options]

  show [path]              the policy, or one place in it: limits, limits.rpm, tiers.standard
  set <path>=<value> ...   change and publish; limits.rpm=120 sets that limit's number
  unset <path> ...         take away and publish
  publish <file.json>      publish a whole document
  validate <file.json>     say what is wrong with a document, or what it would change
  versions                 every version, newest last
  rollback <version>       publish an older version again
  keys list | issue <member> [--label L] [--expires DATE] | revoke <keyId> [--reason R]
  members list | set <id> role=<role> [tier= team= name= tags=a,b] | remove <id>
  tail [--since N]         every change as it happens

  --url, --key             which gateway, as whom; else TALLYGATE_URL, TALLYGATE_KEY, else the
                           local one that \`npm start\` started last
  --comment TEXT           kept with the version
  --wait                   until the new version is in force everywhere
  --json                   machine-readable output

Exit codes: 0 done, 1 the gateway refused, 2 wrong use, 3 the gateway was not reached.`;

const options = {
  url: { type: "string" },
  key: { type: "string" },
  comment: { type: "string" },
  label: { type: "string" },
  expires: { type: "string" },
  reason: { type: "string" },
  since: { type: "string" },
  version: { type: "string" },
  wait: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

interface Session {
  client: AdminClient;
  words: string[];
  flags: Flags;
  /** Prints for machines with `--json`, else for people. */
  print: (value: unknown, text: () => string) => void;
}

interface Change {
  path: string;
  before?: unknown;
  after?: unknown;
}

const commands: Record<string, (session: Session) => Promise<void>> = {
  async show({ client, words: [path = ""], flags, print }) {
    const version = flags.version === undefined ? {} : { version: wholeOf(flags.version) };
    const found = await client.ask({ type: "GetPolicy", ...version });
    const value = getAt(found["document"], path);
    print(value, () => JSON.stringify(value, undefined, 2));
  },
  set: (session) =>
    edit(session, (document, word) => {
      const equals = word.indexOf("=");
      if (equals < 1) throw new Complaint(`Write "${word}" as path=value.`, MISUSED);
      setAt(document, word.slice(0, equals), readValue(word.slice(equals + 1)));
    }),
  unset: (session) => edit(session, unsetAt),
  async publish(session) {
    const document = readDocument(session.words[0]);
    const { version } = await session.client.ask({ type: "GetPolicy" });
    await publish(session, document, Number(version));
  },
  async validate({ client, words: [file], print }) {
    const result = await client.ask({ type: "ValidatePolicy", document: readDocument(file) });
    const problems = result["problems"] as { path: string; message: string }[];
    print(result, () =>
      problems.length > 0
        ? problems.map(({ path, message }) => `${path}: ${message}`).join("\n")
        : changesText(result["changes"] as Change[]),
    );
    if (problems.length > 0) process.exitCode = 1;
  },
  async versions({ client, print }) {
    const { versions } = await client.ask({ type: "ListVersions" });
    type Version = {
      version: number;
      at: number;
      comment: string;
      hash: string;
      restores?: number;
      inForceAt?: number;
    };
    print(versions, () =>
      (versions as Version[])
        .map(({ version, at, comment, hash, restores, inForceAt }) =>
          [
            version,
            dateOf(at),
            hash.slice(0, 12),
            inForceAt === undefined ? "published" : "in force",
            restores === undefined ? comment : `${comment} (brings back ${restores})`.trim(),
          ].join("  "),
        )
        .join("\n"),
    );
  },
  async rollback(session) {
    const { client, words, flags } = session;
    const version = wholeOf(words[0]);
    const { version: current } = await client.ask({ type: "GetPolicy" });
    const comment = flags.comment ?? `back to ${version}`;
    const expectVersion = Number(current);
    const inForce = whenInForce(client);
    const result = await client.ask({ type: "RollBackPolicy", expectVersion, version, comment });
    await tellPublished(session, result, inForce);
  },
  keys: (session) => pick("keys", keyCommands, session),
  members: (session) => pick("members", memberCommands, session),
  async tail({ client, flags, print }) {
    client.listen((event) =>
      print(event, () => {
        const { seq, at, type, cause, data } = event;
        return `${seq}  ${dateOf(at)}  ${type}  ${cause.member ?? cause.command}  ${JSON.stringify(data).slice(0, 300)}`;
      }),
    );
    let since = flags.since === undefined ? client.hello.seq : wholeOf(flags.since);
    for (let complete = false; !complete;) {
      const reached = await client.ask({ type: "Resume", since });
      since = Number(reached["last"]);
      complete = reached["complete"] === true;
    }
    await client.lost;
  },
};

const keyCommands: typeof commands = {
  async list({ client, print }) {
    const result = await client.ask({ type: "ListKeys" });
    type Key = { keyId: string; member: string; label: string; expiresAt?: number };
    print(result, () =>
      [
        ...(result["keys"] as Key[]).map(({ keyId, member, label, expiresAt }) =>
          `${keyId}  ${member}  ${label}${expiresAt === undefined ? "" : `  until ${dateOf(expiresAt)}`}`.trimEnd(),
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
    const result = await client.ask({
      type: "IssueKey",
      member,
      label: flags.label ?? "",
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    print(result, () => `${String(result["key"])}\nThis is the only time it is shown.`);
  },
  async revoke({ client, words: [keyId], flags, print }) {
    if (keyId === undefined) throw new Complaint("Which key? keys revoke <keyId>", MISUSED);
    const result = await client.ask({ type: "RevokeKey", keyId, reason: flags.reason ?? "" });
    print(result, () => `${keyId} is revoked.`);
  },
};

const memberCommands: typeof commands = {
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

function pick(what: string, table: typeof commands, session: Session): Promise<void> {
  const [word = "list", ...words] = session.words;
  const command = Object.hasOwn(table, word) ? table[word] : undefined;
  if (command === undefined) {
    throw new Complaint(`${what} takes ${Object.keys(table).join(", ")}.`, MISUSED);
  }
  return command({ ...session, words });
}

/** Loads the policy, changes it, publishes what came of it. */
async function edit(
  session: Session,
  change: (document: unknown, word: string) => void,
): Promise<void> {
  if (session.words.length === 0) throw new Complaint("Change what? See `help`.", MISUSED);
  const { version, document } = await session.client.ask({ type: "GetPolicy" });
  for (const word of session.words) change(document, word);
  await publish(session, document, Number(version));
}

async function publish(session: Session, document: unknown, expectVersion: number): Promise<void> {
  const { client, flags } = session;
  const comment = flags.comment ?? "";
  const inForce = whenInForce(client);
  const result = await client.ask({ type: "PublishPolicy", expectVersion, document, comment });
  await tellPublished(session, result, inForce);
}

/** Notes the newest version in force from now on, so that none is missed before it is waited for. */
function whenInForce(client: AdminClient): (version: number) => Promise<void> {
  let newest = 0;
  let wake: (() => void) | undefined;
  client.listen(({ type, data }) => {
    if (type !== "PolicyInForce") return;
    newest = Math.max(newest, (data as { version: number }).version);
    wake?.();
  });
  return async (version) => {
    const reached = new Promise<void>((resolve) => {
      wake = () => {
        if (newest >= version) resolve();
      };
      wake();
    });
    await Promise.race([reached, client.lost]);
  };
}

async function tellPublished(
  { print, flags }: Session,
  result: Record<string, unknown>,
  inForce: (version: number) => Promise<void>,
): Promise<void> {
  const version = Number(result["version"]);
  if (!flags.json) print(undefined, () => changesText(result["changes"] as Change[]));
  if (flags.wait) await inForce(version);
  const state = flags.wait
    ? "in force"
    : `published; in force everywhere by ${dateOf(Number(result["inForceBy"]))}`;
  print(result, () => `Version ${version} is ${state}.`);
}

function changesText(changes: readonly Change[]): string {
  if (changes.length === 0) return "Nothing changes.";
  return changes
    .map((change) => {
      const [before, after] = [JSON.stringify(change.before), JSON.stringify(change.after)];
      if (before === undefined) return `+ ${change.path}: ${after}`;
      return after === undefined
        ? `- ${change.path}: ${before}`
        : `  ${change.path}: ${before} -> ${after}`;
    })
    .join("\n");
}

function readDocument(file: string | undefined): unknown {
  if (file === undefined) throw new Complaint("Which file? publish <file.json>", MISUSED);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch (error) {
    throw new Complaint(`${file}: ${(error as Error).message}`, MISUSED);
  }
}

function wholeOf(text: string | undefined): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) {
    throw new Complaint("A version or a sequence number is a whole number.", MISUSED);
  }
  return Number(text);
}

function dateOf(at: number): string {
  return new Date(at).toISOString();
}

/** Runs one command line; the exit code tells how it went. */
async function main(args: string[]): Promise<void> {
  let parsed: { values: Flags; positionals: string[] };
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Complaint((error as Error).message, MISUSED);
  }
  const { values: flags, positionals } = parsed;
  const [name = "help", ...words] = positionals;
  if (flags.help === true || name === "help") {
    console.log(usage);
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    throw new Complaint(`There is no command "${name}"; \`help\` lists them.`, MISUSED);
  }
  const client = await AdminClient.open(findTarget(flags, process.env, process.cwd()));
  const print: Session["print"] = (value, text) =>
    console.log(flags.json === true ? JSON.stringify(value) : text());
  try {
    await command({ client, words, flags, print });
  } finally {
    client.close();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof Complaint) {
    console.error(error.message);
    process.exitCode = error.exitCode;
  } else {
    console.error(`This should not happen: ${(error as Error).message}`);
    process.exitCode = UNREACHED;
  }
}
