/** Named filters of the audit list: from the edge's change to the decider's command and back. */
import type { PolicyFact } from "#events/policy-events.ts";
import type { ViewAnswer, ViewChange } from "./api.ts";
import type { PolicyCommand } from "./commands.ts";
import type { PolicyState } from "./state.ts";

export function viewCommand(change: ViewChange): PolicyCommand {
  const { member } = change;
  return "view" in change
    ? { type: "SaveView", view: change.view, member }
    : { type: "DeleteView", name: change.name, member };
}

/** All there are now, or why nothing was changed. */
export function viewAnswer(facts: readonly PolicyFact[], { views = [] }: PolicyState): ViewAnswer {
  const refusal = facts.find((fact) => fact.type === "CommandRefused");
  if (refusal?.type !== "CommandRefused") return { ok: true, views };
  const { code, message } = refusal.data;
  return { ok: false, code, message };
}
