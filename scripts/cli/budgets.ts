/** `tallygate budgets`: where every budget that the reader may see stands. */
import {
  type Command,
  print,
  readOptions,
  targetOf,
  targetOptions,
  targetUsage,
} from "./command.ts";
import { getJson } from "./http.ts";
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

export const budgets: Command = {
  usage: `npx tallygate budgets

Where every budget stands, asked of the actors that decide. Members see their own.

${targetUsage}`,
  async run(args) {
    const flags = readOptions(args, targetOptions);
    const answer = (await getJson(targetOf(flags), "/budgets")) as {
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
    print(rows.length === 0 ? "There are no budgets." : tableOf(rows));
    if (answer.truncated) process.stderr.write("There are more than are asked at once.\n");
    return 0;
  },
};
