/** `tallygate budgets`: where every budget that the reader may see stands. */
import {
  type Command,
  print,
  readOptions,
  targetOf,
  targetOptions,
  targetUsage,
} from "./command.ts";
import { getJson, withParams } from "./http.ts";
import { tableOf } from "./table.ts";

interface Standing {
  budget: string;
  scope: string;
  member?: string;
  period: string;
  limitUsd: string;
  settledUsd: string;
  heldUsd: string;
  resets: string;
  complete: boolean;
  effective: boolean;
  /** With `--by`: what each group spent, its names beside it, and what no group has. */
  rows?: Readonly<Record<string, string | number>>[];
  otherNanos?: number;
  otherUsd?: string;
}

/** What a reader should know before they trust a row. */
function remarkOf({ complete, effective }: Standing): string {
  if (!complete) return "(someone was not reached)";
  return effective ? "" : "(a cut is not effective yet)";
}

const own = new Set(["requests", "costNanos", "costUsd"]);

/** What a budget's groups spent, a line each. */
function groupsOf({
  budget,
  scope,
  member,
  rows = [],
  otherNanos,
  otherUsd,
}: Standing): string[][] {
  const lines = rows.map((row) => {
    const names = Object.entries(row).flatMap(([name, value]) => (own.has(name) ? [] : [value]));
    return [budget, member ?? scope, names.join(", "), `$${row["costUsd"] ?? 0} spent`];
  });
  if (otherNanos === undefined || otherNanos === 0) return lines;
  return [...lines, [budget, member ?? scope, "(in no group)", `$${otherUsd ?? 0} spent`]];
}

const noBudgets =
  "No budget to see: none of a team or the organisation, and none of your own. `--members alice` shows a member's.";

export const budgets: Command = {
  usage: `npx tallygate budgets [--members LIST] [--by LIST [--top N]]

Where every budget stands, asked of the actors that decide. Admins and auditors see those of teams
and of the organisation; members see their own.

  --members LIST  those of these members, too: alice,bob
  --by LIST       what each spent by hour, day, month, model, provider, user, team, key, route or tag
  --top N         the largest groups of each
${targetUsage}`,
  async run(args) {
    const flags = readOptions(args, {
      ...targetOptions,
      members: { type: "string" },
      by: { type: "string" },
      top: { type: "string" },
    });
    const { members, by, top } = flags;
    const at = withParams("/budgets", { members, by, top });
    const answer = (await getJson(targetOf(flags), at)) as {
      budgets: Standing[];
      truncated: boolean;
    };
    if (flags.json === true) {
      print(JSON.stringify(answer));
      return 0;
    }
    const rows = answer.budgets.map((one) => [
      one.budget,
      one.member ?? one.scope,
      `$${one.settledUsd} spent`,
      `$${one.heldUsd} held`,
      `of $${one.limitUsd} a ${one.period}`,
      `until ${one.resets.slice(0, 10)}`,
      remarkOf(one),
    ]);
    print(rows.length === 0 ? noBudgets : tableOf(rows));
    const groups = answer.budgets.flatMap(groupsOf);
    if (groups.length > 0) print(`\n${tableOf(groups)}`);
    if (answer.truncated) process.stderr.write("There are more than one answer has.\n");
    return 0;
  },
};
