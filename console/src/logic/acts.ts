/** Acts in the audit list as sentences. */

/** The part of an entry that a sentence is made of. */
export interface Act {
  action: string;
  resource?: string;
  code?: string;
  policyVersion?: number;
  metadata?: Record<string, string | number | boolean>;
}

type Sentence = (act: Act) => string;

const about = (act: Act, name: string): string => String(act.metadata?.[name] ?? "");
const withComment = (text: string, comment: string): string =>
  comment === "" ? text : `${text}: ${comment}`;

const sentences: Record<string, Sentence> = {
  "organisation.founded": (act) => `The organisation ${act.resource ?? ""} was founded`,
  "member.set": (act) => `${act.resource ?? ""} has the role ${about(act, "role")}${tierOf(act)}`,
  "member.removed": (act) => `${act.resource ?? ""} was removed`,
  "key.issued": (act) => `A key for ${about(act, "member")} was issued (${act.resource ?? ""})`,
  "key.revoked": (act) =>
    withComment(`The key ${act.resource ?? ""} was revoked`, about(act, "reason")),
  "key.fenced": (act) => `The key ${act.resource ?? ""} is refused from here on`,
  "policy.published": (act) =>
    act.metadata?.["restores"] === undefined
      ? withComment(
          `Policy version ${act.policyVersion ?? ""} was published`,
          about(act, "comment"),
        )
      : `Policy version ${act.policyVersion ?? ""} was published: version ${about(act, "restores")} again`,
  "policy.proposed": (act) =>
    withComment(`A policy version was proposed (${act.resource ?? ""})`, about(act, "comment")),
  "policy.proposal-withdrawn": (act) =>
    withComment(`${act.resource ?? "A proposal"} was turned down`, about(act, "reason")),
  "budget.limits-effective": (act) =>
    withComment(
      `The limits of version ${act.policyVersion ?? ""} are effective everywhere`,
      [about(act, "budgets"), about(act, "rates")].filter((names) => names !== "").join(" "),
    ),
  "policy.in-force": (act) => `Policy version ${act.policyVersion ?? ""} is in force everywhere`,
  "erasure.ordered": (act) =>
    withComment(`${act.resource ?? ""} is to be erased`, about(act, "reason")),
  "erasure.carried-out": (act) => `${act.resource ?? ""} is erased: their key is destroyed`,
  "subject.erased": (act) =>
    act.resource === undefined
      ? "A person's key is gone: nothing was kept under one"
      : `A person's key is gone (${act.resource}): what was kept under it reads no more`,
  "price.correction-ordered": (act) =>
    withComment(`The price of ${act.resource ?? ""} was corrected`, about(act, "reason")),
  "price.correction-applied": (act) =>
    `${act.resource ?? "A correction"} is applied to ${about(act, "requests")} requests`,
  "shadow.started": (act) =>
    withComment(`A draft beside ${act.resource ?? ""} is in the shadow`, about(act, "comment")),
  "shadow.stopped": (act) =>
    withComment(`The draft ${act.resource ?? ""} has left the shadow`, about(act, "reason")),
  "view.saved": (act) => `The view ${act.resource ?? ""} was saved`,
  "view.deleted": (act) => `The view ${act.resource ?? ""} was deleted`,
  "views.differed": (act) =>
    `The views of ${act.resource ?? ""} differed from the log in ${about(act, "differences")} places`,
  "stream.forked": () => "A restored stream went on in the open beside its former end",
  "command.refused": (act) => `${act.resource ?? "A command"} was refused (${act.code ?? ""})`,
  "budget.threshold": (act) =>
    `The budget ${act.resource ?? ""} reached ${Math.round(Number(act.metadata?.["threshold"] ?? 0) * 100)}%`,
};

function tierOf(act: Act): string {
  const tier = about(act, "tier");
  return tier === "" ? "" : `, tier ${tier}`;
}

/** A sentence for an act; its plain name for one that is not known (yet). */
export function actSentence(act: Act): string {
  const sentence = Object.hasOwn(sentences, act.action) ? sentences[act.action] : undefined;
  if (sentence !== undefined) return sentence(act);
  return act.resource === undefined ? act.action : `${act.action} ${act.resource}`;
}
