/** What the actor does before it decides: reads the stream and records what rules missed. */
import { PastScan, isCap } from "#actors/user/past-scan.ts";
import { newRulesOf } from "#actors/user/rule-past.ts";
import type { RequestData } from "#actors/user/state.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import type { RulePicks } from "#policy/picks.ts";
import type { Run } from "./fixtures.ts";

export function countPast(run: Run, request: RequestData, picks: RulePicks, at: number) {
  const found = newRulesOf(run.state, request, picks, at);
  if (found.length === 0) return [];
  const events = run.run.facts.map(({ at: when, fact }, index): EventEnvelope => {
    return { ...fact, at: when, seq: index + 1 } as unknown as EventEnvelope;
  });
  let scan = new PastScan(found);
  for (const [index, event] of events.entries()) {
    if (event.at < scan.from) continue;
    scan.take(event);
    // An actor may be gone at any event.
    if (index % 7 === 0) scan = PastScan.from(JSON.parse(JSON.stringify(scan.save())));
  }
  if (found.some(isCap)) {
    for (const [id, { seq }] of run.state.holds) scan.takeOpen(id, events[seq - 1]);
  }
  const pasts = scan.counted(request.policyVersion);
  return run.run.execute({ type: "count-past", at, pasts }, at);
}
