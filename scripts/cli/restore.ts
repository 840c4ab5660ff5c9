/** `tallygate restore`: puts one actor's storage back to an earlier moment, on Cloudflare. */
import { Complaint, MISUSED } from "../policy-target.ts";
import { type Command, print, readArgs, targetOf, targetOptions, targetUsage } from "./command.ts";
import { send } from "./http.ts";

interface Restored {
  order: number;
  actor: string;
  outcome: "restored" | "unconfirmed";
  bookmark: string;
  undo: string;
  beforeSeq: number;
  restoredSeq?: number;
  seq?: number;
}

/** What was done, and how it is undone. */
function wordsOf(done: Restored): string {
  const { actor, order, outcome, bookmark, undo, beforeSeq, restoredSeq = 0, seq = 0 } = done;
  const what =
    outcome === "restored"
      ? `${actor} is back: it had ${beforeSeq} events, came back with ${restoredSeq}, and has ${seq} with those that its ledger has.`
      : `${actor} went back, and has not said yet that it is there. It takes back what its ledger has when it next writes.`;
  return `${what}\n  to bookmark ${bookmark}; the moment before is ${undo}\n  ordered as number ${order} of the policy's stream`;
}

/** Where to: a time with its zone, else a bookmark. */
function pointOf(to: string): { time: string } | { bookmark: string } {
  return /^\d{4}-/.test(to) ? { time: to } : { bookmark: to };
}

export const restore: Command = {
  usage: `npx tallygate restore <actor> --to <time or bookmark> --confirm <actor> [--reason R]

Has one actor's storage go back to a moment of the last 30 days, restart, and take back every event
that its ledger has. It mends storage that was damaged; it does not undo what happened. On this
machine (npm start) there is no such thing: put a copy of the state folder back instead.

  <actor>             policy, member:ID, budget:NAME:SCOPE, rate:NAME:SCOPE or ledger:N;
                      SCOPE is organisation or team:NAME
  --to                2026-11-20T18:00:00Z, or a bookmark
  --confirm           the actor's name once more
  --shard             which of a split member's actors, from 0
  --lose-uncollected  go although the ledger lacks events: they are lost
  --reason            kept with the order

${targetUsage}`,
  async run(args) {
    const text = { type: "string" } as const;
    const { values, positionals } = readArgs(args, {
      ...targetOptions,
      to: text,
      confirm: text,
      reason: text,
      shard: text,
      "lose-uncollected": { type: "boolean" },
    });
    const [actor, more] = positionals;
    const { to, confirm, reason, shard } = values;
    if (actor === undefined || more !== undefined || to === undefined) {
      throw new Complaint("Say which actor, and --to when; see `restore --help`.", MISUSED);
    }
    if (confirm !== actor) {
      const how = `To put ${actor} back, say its name twice: restore ${actor} --to ${to} --confirm ${actor}`;
      throw new Complaint(how, MISUSED);
    }
    const body = {
      actor,
      confirm,
      to: pointOf(to),
      ...(reason === undefined ? {} : { reason }),
      ...(shard === undefined ? {} : { shard: Number(shard) }),
      ...(values["lose-uncollected"] === true ? { loseUncollected: true } : {}),
    };
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await send(targetOf(values), "/admin/restore", init);
    const done = (await response.json()) as Restored;
    print(values.json === true ? JSON.stringify(done) : wordsOf(done));
    return done.outcome === "restored" ? 0 : 1;
  },
};
