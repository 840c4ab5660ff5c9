/** `tallygate erase`: makes what is kept of a person's texts unreadable, and shows the proof. */
import { AdminClient } from "../policy-client.ts";
import { dateOf } from "../policy-session.ts";
import { Complaint, MISUSED } from "../policy-target.ts";
import { type Command, print, readArgs, targetOf, targetOptions, targetUsage } from "./command.ts";
import { tableOf } from "./table.ts";

interface Erasure {
  order: number;
  member: string;
  at: number;
  done?: { event: string; seq: number; at: number };
}

interface Proof {
  order: number;
  event: string;
  stream: string;
  seq: number;
  at: number;
  keyId?: string;
}

/** What was done, in the words of somebody who has to show it. */
function proofText(member: string, { order, event, stream, seq, at, keyId }: Proof): string {
  const what =
    keyId === undefined
      ? `No text of ${member} was kept under a key; that nothing is to be read is on record.`
      : `The key ${keyId} of ${member} is destroyed: what it encrypted is readable by nobody.`;
  const where = `event ${event}, number ${seq} of ${stream}, ${dateOf(at)}; ordered as number ${order}`;
  return `${what}\n  ${where}\nBackups of the actor's storage end 30 days later.`;
}

function rowOf({ order, member, at, done }: Erasure): string[] {
  const state = done === undefined ? "under way" : `erased ${dateOf(done.at)}`;
  return [String(order), member, `ordered ${dateOf(at)}`, state, done?.event ?? ""];
}

export const erase: Command = {
  usage: `npx tallygate erase                                   which erasures were ordered, and done
npx tallygate erase <member> --confirm <member> [--reason R]

Destroys the key that a member's kept prompts and answers are encrypted under: nobody reads them
again, and nothing brings them back. The member may have left. The log stays whole, and verifies.

  --confirm       the member's id once more
  --reason        kept with the order

${targetUsage}`,
  async run(args) {
    const text = { type: "string" } as const;
    const { values, positionals } = readArgs(args, {
      ...targetOptions,
      confirm: text,
      reason: text,
    });
    const [member, more] = positionals;
    const { confirm, reason = "" } = values;
    if (more !== undefined || (member === undefined && confirm !== undefined)) {
      throw new Complaint("Erase one member at a time; see `erase --help`.", MISUSED);
    }
    if (member !== confirm) {
      const how = `Nothing brings the texts back. To erase them, say it twice: erase ${member} --confirm ${member}`;
      throw new Complaint(how, MISUSED);
    }
    const client = await AdminClient.open(targetOf(values));
    try {
      const show = (value: unknown, words: () => string): void =>
        print(values.json === true ? JSON.stringify(value) : words());
      if (member === undefined || confirm === undefined) {
        const { erasures } = await client.ask({ type: "ListErasures" });
        const rows = (erasures as Erasure[]).map(rowOf);
        show(erasures, () => (rows.length === 0 ? "No erasure was ordered." : tableOf(rows)));
        return 0;
      }
      const proof = await client.ask({ type: "EraseMember", member, confirm, reason });
      show(proof, () => proofText(member, proof as unknown as Proof));
      return 0;
    } finally {
      client.close();
    }
  },
};
