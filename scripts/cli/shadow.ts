/** Drafts in the shadow from the command line: started, looked at, published, stopped. */
import { tellPublished, whenInForce } from "../policy-publish.ts";
import {
  type Change,
  changesText,
  dateOf,
  expectedVersion,
  readDocument,
  type Session,
} from "../policy-session.ts";
import { Complaint, MISUSED, REFUSED } from "../policy-target.ts";
import { targetOf } from "./command.ts";
import { getJson } from "./http.ts";
import { tableOf } from "./table.ts";

type Sums = { name?: string } & Record<string, number | string>;
interface Shadow {
  shadow: { draft: number; base: number; at: number; member: string; comment: string } | null;
  draft: number | null;
  total: Sums;
  rules: Sums[];
  users: Sums[];
  answers: { total: Sums; rules: Sums[] };
}

const shown = [
  "requests",
  "same",
  "newlyBlocked",
  "newlyLimited",
  "newlyRefused",
  "newlyAllowed",
  "newlyRedacted",
  "rerouted",
  "undecided",
];

function textOf({ shadow, draft, total, rules, users, answers }: Shadow): string {
  if (draft === null) return "No draft is in the shadow.";
  const state =
    shadow?.draft === draft
      ? `Draft ${draft} beside version ${shadow.base}, since ${dateOf(shadow.at)}, by ${shadow.member}. ${shadow.comment}`
      : `Draft ${draft}, which has ended.`;
  const row = (name: string, sums: Sums): string[] => [
    name,
    ...shown.map((column) => String(sums[column] ?? "")),
  ];
  const rows = [
    ["", ...shown],
    row("all", total),
    ...rules.map((sums) => row(`rule ${sums.name ?? ""}`, sums)),
    ...users.map((sums) => row(`user ${sums.name ?? ""}`, sums)),
    ...(answers.total["requests"] === 0 ? [] : [row("answers", answers.total)]),
    ...answers.rules.map((sums) => row(`answers, rule ${sums.name ?? ""}`, sums)),
  ];
  return `${state.trim()}\n${tableOf(rows)}`;
}

/** The number of the draft that runs. */
async function running({ client }: Session): Promise<number> {
  const { shadow } = await client.ask({ type: "GetShadow" });
  if (shadow === null) throw new Complaint("No draft is in the shadow.", REFUSED);
  return (shadow as { draft: number }).draft;
}

const actions: Record<string, (session: Session) => Promise<void>> = {
  async start(session) {
    const { client, words, flags, print } = session;
    const document = readDocument(words[1]);
    const expectVersion = await expectedVersion(session);
    const comment = flags.comment ?? "";
    const result = await client.ask({ type: "StartShadow", expectVersion, document, comment });
    print(
      result,
      () =>
        `${changesText(result["changes"] as Change[])}\nDraft ${Number(result["draft"])} is decided beside version ${expectVersion}; \`shadow\` shows what it would change.`,
    );
  },
  async show({ flags, print }) {
    const shadow = (await getJson(targetOf(flags), "/policy/shadow")) as Shadow;
    print(shadow, () => textOf(shadow));
  },
  async promote(session) {
    const { client, flags } = session;
    const draft = await running(session);
    const expectVersion = await expectedVersion(session);
    const comment = flags.comment ?? "";
    const inForce = whenInForce(client);
    const result = await client.ask({ type: "PromoteShadow", expectVersion, draft, comment });
    await tellPublished(session, result, inForce);
  },
  async stop(session) {
    const { client, flags, print } = session;
    const draft = await running(session);
    const result = await client.ask({ type: "StopShadow", draft, reason: flags.reason ?? "" });
    print(result, () => `Draft ${draft} is not decided any more; what it found stays.`);
  },
};

/** `policy shadow [start <file> | promote | stop]`. */
export async function shadow(session: Session): Promise<void> {
  const [name = "show"] = session.words;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    throw new Complaint(`There is no "shadow ${name}": start, show, promote or stop.`, MISUSED);
  }
  await action(session);
}
