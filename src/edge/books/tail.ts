/** The live tail at the edge: one socket to the reader, one to each shard. */
import { TAIL_FILTER_PARAM, TAIL_PATH } from "#actors/ledger/api.ts";
import type { AuditFilter } from "#projections/queries.ts";
import type { LedgerShard } from "./ledgers.ts";

function upgradeRequest(filter: AuditFilter): Request {
  // Built anew: nothing that the caller sent reaches the actor but the filter that was checked.
  const url = new URL(TAIL_PATH, "https://ledger.internal");
  url.searchParams.set(TAIL_FILTER_PARAM, JSON.stringify(filter));
  return new Request(url, { headers: { upgrade: "websocket" } });
}

/**
 * Answers an upgrade with a tail over all shards. One shard's socket is handed on as it is, so that
 * shard and reader can both sleep; several are joined here, and so is what ends at some moment
 * (`until`, milliseconds): nothing is sent from then on.
 */
export async function openTail(
  ledgers: readonly LedgerShard[],
  filter: AuditFilter,
  until: number,
): Promise<Response> {
  const answers = await Promise.all(ledgers.map((ledger) => ledger.fetch(upgradeRequest(filter))));
  const [only] = answers;
  if (answers.length === 1 && only !== undefined && until === Infinity) return only;
  const shards = answers.flatMap(({ webSocket }) => (webSocket === null ? [] : [webSocket]));
  if (shards.length < answers.length) {
    for (const shard of shards) {
      shard.accept();
      shard.close(1011, "a shard did not answer");
    }
    return new Response(null, { status: 503 });
  }
  return new Response(null, { status: 101, webSocket: join(shards, until) });
}

/** One socket that gets what any of several gets, and ends with the first of them. */
function join(shards: readonly WebSocket[], until: number): WebSocket {
  const { 0: reader, 1: ours } = new WebSocketPair();
  let open = true;
  const end = (code: number, reason: string): void => {
    if (!open) return;
    open = false;
    for (const socket of [ours, ...shards]) socket.close(code, reason);
  };
  ours.accept();
  ours.addEventListener("close", () => end(1000, "the reader left"));
  ours.addEventListener("error", () => end(1011, "the reader failed"));
  for (const shard of shards) {
    shard.accept();
    shard.addEventListener("message", ({ data }) => {
      if (Date.now() >= until) end(1008, "the session ended");
      else if (open) ours.send(data as string);
    });
    shard.addEventListener("close", () => end(1012, "a shard restarted; connect again"));
    shard.addEventListener("error", () => end(1011, "a shard failed; connect again"));
  }
  return reader;
}
