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
}

/** What a reader should know before they trust a row. */
function remarkOf({ complete, effective }: Standing): string {
  if (!complete) return "(someone was not reached)";
  return effective ? "" : "(a cut is not effective yet)";
}

const noBudgets =
  "No budget to see: none of a team or the organisation, and none of your own. `--members alice` shows a member's.";

export const budgets: Command = {
  usage: `npx tallygate budgets [--members LIST]

Where every budget stands, asked of the actors that decide. Admins and auditors see those of teams
and of the organisation; members see their own.

  --members LIST  those of these members, too: alice,bob
${targetUsage}`,
  async run(args) {
    const flags = readOptions(args, { ...targetOptions, members: { type: "string" } });
    const at = withParams("/budgets", { members: flags.members });
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
    if (answer.truncated) process.stderr.write("There are more than are asked at once.\n");
    return 0;
  },
};
