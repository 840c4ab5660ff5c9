/** Second approvals from the command line: what waits, approving it, taking it back. */
import { tellPublished, whenInForce } from "./policy-publish.ts";
import { type Change, changesText, type Commands, dateOf, wholeOf } from "./policy-session.ts";

interface Proposal {
  proposal: number;
  base: number;
  at: number;
  member: string;
  comment: string;
}

/** Commands by name. */
export const proposalCommands: Commands = {
  async proposals({ client, words: [number], print }) {
    if (number !== undefined) {
      const found = await client.ask({ type: "GetProposal", proposal: wholeOf(number) });
      print(found, () => changesText(found["changes"] as Change[]));
      return;
    }
    const { proposals } = await client.ask({ type: "ListProposals" });
    const waiting = proposals as Proposal[];
    print(waiting, () =>
      waiting.length === 0
        ? "No proposal waits."
        : waiting
            .map(({ proposal, base, at, member, comment }) =>
              [proposal, dateOf(at), member, `on version ${base}`, comment].join("  ").trim(),
            )
            .join("\n"),
    );
  },
  async approve(session) {
    const { client, words } = session;
    const { version } = await client.ask({ type: "GetPolicy" });
    const inForce = whenInForce(client);
    const result = await client.ask({
      type: "ApprovePolicy",
      expectVersion: Number(version),
      proposal: wholeOf(words[0]),
    });
    await tellPublished(session, result, inForce);
  },
  async withdraw({ client, words, flags, print }) {
    const proposal = wholeOf(words[0]);
    const reason = flags.reason ?? "";
    const result = await client.ask({ type: "WithdrawProposal", proposal, reason });
    print(result, () => `Proposal ${proposal} is withdrawn.`);
  },
};
