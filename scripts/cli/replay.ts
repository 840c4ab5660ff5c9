/** `tallygate replay`: a recorded decision made again, or the books as they were. */
import { existsSync } from "node:fs";
import { booksOf } from "#projections/replay/books.ts";
import { Complaint, MISUSED } from "../policy-target.ts";
import {
  type Command,
  print,
  readArgs,
  readThreads,
  targetOf,
  targetOptions,
  targetUsage,
} from "./command.ts";
import { getJson, withParams } from "./http.ts";

interface Explained {
  same: boolean;
  decided: { type: string };
}

/** The books of an archive in a folder, as of a time; of all of it when none is given. */
async function replayArchive(folder: string, time?: string, threads?: string): Promise<number> {
  if (!existsSync(folder)) throw new Complaint(`There is no folder "${folder}".`, MISUSED);
  const { replayFolder } = await import("./replay-pool.ts");
  const at = time === undefined ? Number.MAX_SAFE_INTEGER : readTime(time);
  const views = await replayFolder({ folder, at, threads: readThreads(threads) });
  const books = booksOf(at, views);
  print(JSON.stringify(time === undefined ? { ...books, at: undefined } : books, undefined, 2));
  return 0;
}

function readTime(time: string): number {
  const at = /^\d{1,15}$/.test(time) ? Number(time) : Date.parse(time);
  if (Number.isNaN(at)) throw new Complaint(`"${time}" is no time.`, MISUSED);
  return at;
}

export const replay: Command = {
  usage: `npx tallygate replay <request id>
npx tallygate replay --at TIME
npx tallygate replay --user MEMBER [--at TIME | --seq N]
npx tallygate replay --budget NAME [--scope SCOPE] [--at TIME | --seq N]
npx tallygate replay --limit NAME --metric METRIC [--scope SCOPE] [--at TIME | --seq N]
npx tallygate replay --policy [--at TIME | --seq N]
npx tallygate replay --folder DIR [--at TIME] [--threads N]

The first decides a request again, from the state before it: exit code 1 when the answer is another
than the recorded one. The others show costs and usage, a member's budgets and open requests, a
budget or limit that several share, or the policy's version, members and keys, as they were at a
time, or after the Nth event of that member, budget, limit or policy; without either, as they are.

  --at TIME       ISO 8601, or milliseconds since 1970
  --scope SCOPE   whose budget or limit: organisation (when it is not said), or team:NAME
  --metric METRIC what the limit counts: requests, tokens, usd or concurrency
  --folder DIR    out of an archive in a folder: no gateway is asked, and nothing is verified
  --threads N     shards of the folder at a time; as many as there are cores

${targetUsage}`,
  async run(args) {
    const text = { type: "string" } as const;
    const { values, positionals } = readArgs(args, {
      ...targetOptions,
      at: text,
      user: text,
      seq: text,
      budget: text,
      limit: text,
      metric: text,
      scope: text,
      policy: { type: "boolean" },
      folder: text,
      threads: text,
    });
    const [id, more] = positionals;
    if (values.folder !== undefined) {
      if (id !== undefined) throw new Complaint("--folder takes no request id.", MISUSED);
      return replayArchive(values.folder, values.at, values.threads);
    }
    const { at, user, seq, budget, limit, metric, scope } = values;
    const policy = values.policy === true ? "true" : undefined;
    const isPast = [at, user, budget, limit, policy].some((given) => given !== undefined);
    if (more !== undefined || (id === undefined) !== isPast) {
      throw new Complaint(
        "Give a request id, or --at, --user, --budget, --limit or --policy.",
        MISUSED,
      );
    }
    const target = targetOf(values);
    if (id === undefined) {
      const params = { at, user, seq, budget, limit, metric, scope, policy };
      const state = await getJson(target, withParams("/audit/state", params));
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
