/** The admin's command line, over the same socket as the console. `npm run policy -- help`. */
import { parseArgs } from "node:util";
import { AdminClient } from "./policy-client.ts";
import { getAt, readValue, setAt, unsetAt } from "./policy-edit.ts";
import { keyCommands, memberCommands, pick } from "./policy-people.ts";
import { publish, tellPublished, whenInForce } from "./policy-publish.ts";
import {
  type Change,
  changesText,
  type Commands,
  dateOf,
  type Flags,
  options,
  readDocument,
  type Session,
  wholeOf,
} from "./policy-session.ts";
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

const commands: Commands = {
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
    let since = flags.since === undefined ? client.hello.seq : wholeOf(flags.since);
    let shown = since;
    client.listen((event) => {
      // What comes live while older events are sent again comes twice.
      if (event.seq <= shown) return;
      shown = event.seq;
      print(event, () => {
        const { document: _document, ...data } = event.data as { document?: unknown };
        const who = event.cause.member ?? event.cause.command;
        return [event.seq, dateOf(event.at), event.type, who, JSON.stringify(data)].join("  ");
      });
    });
    for (let complete = false; !complete;) {
      const reached = await client.ask({ type: "Resume", since });
      since = Number(reached["last"]);
      complete = reached["complete"] === true;
    }
    await client.lost;
  },
};

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
