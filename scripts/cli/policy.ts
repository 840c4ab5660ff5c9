/** What admins change, over the same socket as the console: the policy, its keys, its members. */
import { AdminClient } from "../policy-client.ts";
import { getAt, readValue, setAt, unsetAt } from "../policy-edit.ts";
import { keyCommands, memberCommands, pick } from "../policy-people.ts";
import { proposalCommands } from "../policy-proposals.ts";
import { publish, tellPublished, whenInForce } from "../policy-publish.ts";
import {
  type Change,
  changesText,
  type Commands,
  dateOf,
  options,
  readDocument,
  type Session,
  expectedVersion,
  wholeOf,
} from "../policy-session.ts";
import { Complaint, MISUSED, problemLines, REFUSED } from "../policy-target.ts";
import { type Command, readArgs, targetOf } from "./command.ts";
import { importCloudflare } from "./import-cf.ts";
import { gitCommands } from "./policy-git.ts";
import { shadow } from "./shadow.ts";

const ends = `  --url, --key             which gateway, as whom; else TALLYGATE_URL, TALLYGATE_KEY, else the
                           local one that \`npm start\` started last
  --json                   machine-readable output

Exit codes: 0 done, 1 the gateway refused, 2 wrong use, 3 the gateway was not reached. \`plan\` alone
ends with 2 when something would change, and with 1 on wrong use too.
`;

const usage = `npx tallygate policy <command> [options]    (npm run policy -- is the same)

  pull                     the whole policy as JSON; its version goes to stderr
  plan <file>              what publishing the file would change, widenings marked with !
  apply <file>             publish it, unless nothing would change
  show [path]              the policy, or one place in it: limits, limits.rpm, tiers.standard
  set <path>=<value> ...   change and publish; limits.rpm=120 sets that limit's number
  unset <path> ...         take away and publish
  publish <file>           publish a whole document
  validate <file>          say what is wrong with a document, or what it would change
  import-cf <file>         a dynamic route of Cloudflare's as the policy's \`routes\`, without a gateway;
                           --provider THEIRS=YOURS names a provider; what is lost goes to stderr
  versions                 every version, newest last
  rollback <version>       publish an older version again
  proposals [number]       what waits for a second approval, or what one would change
  approve <number>         publish what another admin proposed
  withdraw <number>        turn a proposal down, or take it back; --reason R
  shadow                   what the draft beside the policy would have decided otherwise
  shadow start <file>      decide a draft beside the policy, on live traffic, without effect
  shadow promote           publish that draft
  shadow stop              decide it no more; --reason R
  keys, members            as \`npx tallygate keys\` and \`npx tallygate members\`
  tail [--since N]         every change as it happens

  <file>                   JSON, with comments if you like; - is stdin
  --expect-version N       refuse when another version than N is the newest
  --version N              of show and pull: an older version
  --comment TEXT           kept with the version
  --wait                   until the new version is in force everywhere
${ends}`;

const commands: Commands = {
  ...gitCommands,
  ...proposalCommands,
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
    await publish(session, document, await expectedVersion(session));
  },
  async validate({ client, words: [file], print }) {
    const result = await client.ask({ type: "ValidatePolicy", document: readDocument(file) });
    const problems = result["problems"] as { path: string; message: string }[];
    print(result, () =>
      problems.length > 0
        ? problemLines(problems).join("\n")
        : changesText(result["changes"] as Change[]),
    );
    return problems.length > 0 ? REFUSED : 0;
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
    const comment = flags.comment ?? `back to ${version}`;
    const expectVersion = await expectedVersion(session);
    const inForce = whenInForce(client);
    const result = await client.ask({ type: "RollBackPolicy", expectVersion, version, comment });
    await tellPublished(session, result, inForce);
  },
  shadow,
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
  if (session.words.length === 0) throw new Complaint("Change what? See `policy --help`.", MISUSED);
  const { version, document } = await session.client.ask({ type: "GetPolicy" });
  for (const word of session.words) change(document, word);
  const expected = session.flags["expect-version"];
  await publish(session, document, expected === undefined ? Number(version) : wholeOf(expected));
}

/** Connects, runs one command of a table, and disconnects. */
async function runOne(table: Commands, args: string[], standard?: string): Promise<number> {
  const { values: flags, positionals } = readArgs(args, options);
  const [name = standard ?? "", ...words] = positionals;
  const command = Object.hasOwn(table, name) ? table[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(table).join(", ");
    throw new Complaint(`There is no command "${name.slice(0, 60)}"; known: ${known}.`, MISUSED);
  }
  const client = await AdminClient.open(targetOf(flags));
  const print: Session["print"] = (value, text) =>
    console.log(flags.json === true ? JSON.stringify(value) : text());
  try {
    return (await command({ client, words, flags, print })) ?? 0;
  } finally {
    client.close();
  }
}

export const policy: Command = {
  usage,
  async run(args) {
    // It needs no gateway.
    if (args[0] === "import-cf") return importCloudflare(args.slice(1));
    if (args.length === 0) throw new Complaint("Which command? See `policy --help`.", MISUSED);
    try {
      return await runOne(commands, args);
    } catch (error) {
      // 2 says "something would change" there: a mistyped line in CI must not.
      if (args[0] !== "plan" || !(error instanceof Complaint) || error.exitCode !== MISUSED) {
        throw error;
      }
      throw new Complaint(error.message, REFUSED);
    }
  },
};

export const keys: Command = {
  usage: `npx tallygate keys [list]
npx tallygate keys issue <member> [--label L] [--expires DATE] [scope]
npx tallygate keys rotate <key id>
npx tallygate keys revoke <key id> [--reason R]

A key is shown once, when it is issued. A revoked one is refused once the command has ended. A
rotated one gets a successor with its label, scope and length of life; the old one stays until it is
revoked. A scope narrows what the key may be used for; each part is a list with commas:

  --models LIST            patterns of models: gpt-4o*,claude-*
  --tiers LIST             tiers that may serve
  --routes LIST            routes that may take its requests
  --access LIST            inference (model calls), audit (reading), admin (everything)
  --ips LIST               addresses and ranges: 203.0.113.7,10.0.0.0/8,2001:db8::/32

${ends}`,
  run: (args) => runOne(keyCommands, args, "list"),
};

export const members: Command = {
  usage: `npx tallygate members [list]
npx tallygate members set <id> role=<admin|auditor|member> [tier= team= name= tags=a,b]
npx tallygate members remove <id>

${ends}`,
  run: (args) => runOne(memberCommands, args, "list"),
};
