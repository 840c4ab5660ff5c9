/** `tallygate replay`: a recorded decision made again, or the books as they were. */
import { Complaint, MISUSED } from "../policy-target.ts";
import { type Command, print, readArgs, targetOf, targetOptions, targetUsage } from "./command.ts";
import { getJson, withParams } from "./http.ts";

interface Explained {
  same: boolean;
  decided: { type: string };
}

export const replay: Command = {
  usage: `npx tallygate replay <request id>
npx tallygate replay --at TIME
npx tallygate replay --user MEMBER [--at TIME | --seq N]

The first decides a request again, from the state before it: exit code 1 when the answer is another
than the recorded one. The others show costs and usage, or a member's budgets and open requests, as
they were at a time, or after the member's Nth event.

${targetUsage}`,
  async run(args) {
    const text = { type: "string" } as const;
    const { values, positionals } = readArgs(args, {
      ...targetOptions,
      at: text,
      user: text,
      seq: text,
    });
    const [id, more] = positionals;
    const { at, user, seq } = values;
    const isPast = at !== undefined || user !== undefined;
    if (more !== undefined || (id === undefined) !== isPast) {
      throw new Complaint("Give a request id, or --at, or --user.", MISUSED);
    }
    const target = targetOf(values);
    if (id === undefined) {
      const state = await getJson(target, withParams("/audit/state", { at, user, seq }));
      print(JSON.stringify(state, undefined, values.json === true ? undefined : 2));
      return 0;
    }
    const path = `/audit/events/${encodeURIComponent(id)}/explain`;
    const explained = (await getJson(target, path)) as Explained;
    const verdict = explained.same
      ? `The same decision: ${explained.decided.type}.`
      : `ANOTHER decision than the recorded one: ${explained.decided.type}.`;
    print(
      values.json === true
        ? JSON.stringify(explained)
        : `${JSON.stringify(explained, undefined, 2)}\n${verdict}`,
    );
    return explained.same ? 0 : 1;
  },
};
