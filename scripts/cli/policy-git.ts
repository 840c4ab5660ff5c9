/** The policy as a file in git: `pull`, `plan`, `apply`. */
import { publish } from "../policy-publish.ts";
import {
  type Change,
  changeText,
  type Commands,
  expectedVersion,
  readDocument,
  type Session,
  wholeOf,
} from "../policy-session.ts";
import { Complaint, problemLines, REFUSED } from "../policy-target.ts";
import { weigh, type Weight } from "./widening.ts";

/** What `plan` ends with when the file is not what is published. */
const CHANGES = 2;

const marks: Record<Weight, string> = {
  widens: "  ! allows more",
  unclear: "  ? look at it",
  harmless: "",
};

interface Checked {
  valid: boolean;
  problems: { path: string; message: string }[];
  changes: Change[];
}

/** Asks the gateway what a document would change; throws what is wrong with it. */
async function check({ client }: Session, document: unknown): Promise<Change[]> {
  const result = await client.ask({ type: "ValidatePolicy", document });
  const { valid, problems, changes } = result as unknown as Checked;
  if (valid) return changes;
  const lines = ["The document is not a valid policy.", ...problemLines(problems)];
  throw new Complaint(lines.join("\n"), REFUSED);
}

function summaryOf(changes: readonly (Change & { weight: Weight })[]): string {
  const count = (fits: (change: Change & { weight: Weight }) => boolean): number =>
    changes.filter(fits).length;
  const added = count(({ before }) => before === undefined);
  const removed = count(({ after }) => after === undefined);
  const parts = [
    `${added} added`,
    `${changes.length - added - removed} changed`,
    `${removed} removed`,
    `${count(({ weight }) => weight === "widens")} allow more`,
    `${count(({ weight }) => weight === "unclear")} to look at`,
  ];
  return `${parts.join(", ")}.`;
}

export const gitCommands: Commands = {
  async pull({ client, flags, print }) {
    const version = flags.version === undefined ? {} : { version: wholeOf(flags.version) };
    const found = await client.ask({ type: "GetPolicy", ...version });
    print(found["document"], () => JSON.stringify(found["document"], undefined, 2));
    process.stderr.write(`version ${Number(found["version"])}\n`);
  },
  async plan(session) {
    const { words, print } = session;
    const document = readDocument(words[0]);
    const version = await expectedVersion(session);
    const changes = (await check(session, document)).map((change) => ({
      ...change,
      weight: weigh(change),
    }));
    print({ version, changes }, () =>
      changes.length === 0
        ? `Nothing changes: version ${version} is this.`
        : [
            `Against version ${version}:`,
            ...changes.map((change) => `${changeText(change)}${marks[change.weight]}`),
            summaryOf(changes),
          ].join("\n"),
    );
    return changes.length === 0 ? 0 : CHANGES;
  },
  async apply(session) {
    const document = readDocument(session.words[0]);
    const version = await expectedVersion(session);
    const changes = await check(session, document);
    if (changes.length === 0) {
      session.print({ version, changes }, () => `Nothing changes: version ${version} is this.`);
      return;
    }
    await publish(session, document, version);
  },
};
