/** The log is the truth: a reply implies its events, and the views are what the events say. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { chainFault, EMPTY_HEAD, unseal, type SealedEvent } from "#events/envelope.ts";
import { ask, auditEntry, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({ policy: scriptedPolicy(upstream.url) });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

async function rawOf(id: string): Promise<SealedEvent[]> {
  const answer = await ask(`${gateway.url}/audit/events/${id}/raw`, { key: gateway.keys.auditor });
  expect(answer.status).toBe(200);
  return (answer.json["events"] ?? []) as SealedEvent[];
}

it("every answered request has its two events, in one chain from the stream's first event", async () => {
  const answers = [];
  for (let n = 0; n < 5; n += 1) answers.push(await chat(gateway, gateway.keys.alice, `n ${n}`));
  const ids = answers.map(({ headers }) => headers.get("x-request-id") ?? "");
  for (const id of ids) await auditEntry(gateway, id);
  const events = [];
  for (const id of ids) events.push(...(await rawOf(id)));
  const unique = [...new Map(events.map((event) => [event.seq, event])).values()].toSorted(
    (a, b) => a.seq - b.seq,
  );
  expect(chainFault(EMPTY_HEAD, unique)).toBeUndefined();
  const facts = unique.map((sealed) => unseal(sealed));
  for (const id of ids) {
    const own = facts.filter(({ data }) => (data as { requestId?: string }).requestId === id);
    expect(own.map(({ type }) => type)).toEqual(["RequestAdmitted", "RequestSettled"]);
  }
  const spent = facts
    .filter(({ type }) => type === "RequestSettled")
    .reduce((sum, { data }) => sum + (data as { costNanos: number }).costNanos, 0);
  const costs = await ask(`${gateway.url}/costs?by=user&user=alice`, {
    key: gateway.keys.auditor,
  });
  expect((costs.json["total"] as { costNanos: number }).costNanos).toBe(spent);
});

it("reading the books is itself in the books", async () => {
  await ask(`${gateway.url}/usage?by=model`, { key: gateway.keys.auditor });
  await expect
    .poll(
      async () => {
        const { json } = await ask(`${gateway.url}/audit/events?user=auditor&limit=200`, {
          key: gateway.keys.auditor,
        });
        const events = (json["events"] ?? []) as { action: string; kind: string }[];
        return events.some(({ action, kind }) => kind === "access" && action === "usage.read");
      },
      { timeout: 60_000 },
    )
    .toBe(true);
});

it("history pages with a stable cursor: every entry once, newest first", async () => {
  const seen: string[] = [];
  let cursor: string | null = "";
  let newest = Infinity;
  while (cursor !== null && seen.length < 500) {
    const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { json } = await ask(`${gateway.url}/audit/events?user=alice&limit=2${from}`, {
      key: gateway.keys.auditor,
    });
    for (const entry of json["events"] as { id: string; at: number }[]) {
      expect(entry.at).toBeLessThanOrEqual(newest);
      newest = entry.at;
      seen.push(entry.id);
    }
    cursor = json["nextCursor"] as string | null;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBeGreaterThanOrEqual(5);
});
