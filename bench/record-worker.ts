/**
 * A ledger shard driven from inside one Worker: `POST /__record` runs a job and answers once it is
 * done. Batches are made in one job and taken in the next, so that only the taking is timed.
 */
import type { IngestCommand, LedgerApi } from "#actors/ledger/api.ts";
import { TAIL_FILTER_PARAM, TAIL_PATH } from "#actors/ledger/api.ts";
import * as gateway from "../src/edge/worker.ts";
import { SampleStream } from "../test/support/sample-events.ts";
import { askViews, FilledLedger } from "./record-views.ts";
import type { ViewQuestion } from "./view-questions.ts";

export { BudgetActor, PolicyActor, UserActor } from "../src/edge/worker.ts";
export { FilledLedger as LedgerActor };

export interface Job {
  kind: "make" | "ingest" | "usage" | "tail" | "fill" | "ask";
  /** Requests to make, or questions to ask. */
  count: number;
  /** Of a `fill`: the number of its first request. */
  from?: number;
  /** Of an `ask`: what is asked. */
  question?: ViewQuestion;
}

interface Env {
  LEDGER: DurableObjectNamespace<FilledLedger & Rpc.DurableObjectBranded>;
}

const members = 100;
const models = ["gpt-5", "gpt-5-mini", "claude-5", "gemini-3", "llama-5"];
const monthMs = 30 * 86_400_000;
/** Events of one batch: a sender's. */
const batchEvents = 256;

const streams = Array.from({ length: members }, (_, n) => new SampleStream(`u_${n}`, "bench"));
const sent = streams.map(() => 0);
let made = 0;
let waiting: IngestCommand[] = [];

/** Requests of all members in turn, spread over a month. */
function make(count: number): void {
  const from = Date.UTC(2026, 10, 1);
  for (let n = 0; n < count; n += 1) {
    made += 1;
    const which = made % members;
    const at = from + Math.floor((made / 1_000_000) * monthMs);
    const model = models[made % models.length] ?? "";
    streams[which]?.request(made, at, {
      model,
      member: `member-${which}`,
      cost: 700 + (made % 99),
    });
  }
  for (const [which, stream] of streams.entries()) {
    for (let first = sent[which] ?? 0; first < stream.events.length; first += batchEvents) {
      const last = Math.min(first + batchEvents, stream.events.length);
      waiting.push(stream.batch(first + 1, last));
      sent[which] = last;
    }
  }
}

async function tail(ledger: Fetcher, api: LedgerApi, count: number): Promise<void> {
  const url = new URL(TAIL_PATH, "https://ledger.internal");
  url.searchParams.set(TAIL_FILTER_PARAM, "{}");
  const { webSocket } = await ledger.fetch(new Request(url, { headers: { upgrade: "websocket" } }));
  if (webSocket === null) throw new Error("no tail was opened");
  webSocket.accept();
  let heard: (() => void) | undefined;
  webSocket.addEventListener("message", () => heard?.());
  for (let n = 0; n < count; n += 1) {
    make(1);
    const told = new Promise<void>((resolve) => {
      heard = resolve;
    });
    for (const batch of waiting) await api.ingest(batch);
    waiting = [];
    await told;
  }
  webSocket.close(1000);
}

async function run({ LEDGER }: Env, { kind, count, from = 0, question }: Job): Promise<number> {
  const filled = LEDGER.getByName("l_bench_1") as unknown as FilledLedger;
  if (kind === "fill") return filled.fill(from, count);
  if (kind === "ask" && question !== undefined) return askViews(filled, question, count);
  const stub = LEDGER.getByName("l_bench_0");
  const ledger = stub as unknown as LedgerApi;
  if (kind === "make") make(count);
  if (kind === "tail") await tail(stub, ledger, count);
  if (kind === "usage") {
    for (let n = 0; n < count; n += 1) {
      const { groups } = await ledger.usage({ groupBy: ["day", "model"], filter: {} });
      if (groups.length === 0) throw new Error("the views are empty");
    }
  }
  if (kind !== "ingest") return count;
  const batches = waiting;
  waiting = [];
  for (const batch of batches) {
    const { outcome } = await ledger.ingest(batch);
    if (outcome !== "ok") throw new Error(`a batch was not taken: ${outcome}`);
  }
  return batches.reduce((sum, { events }) => sum + events.length, 0);
}

const handler = gateway.default as unknown as {
  fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response>;
};

export default {
  ...handler,
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    if (new URL(request.url).pathname !== "/__record") return handler.fetch(request, env, ctx);
    try {
      return Response.json(await run(env, await request.json<Job>()));
    } catch (error) {
      return new Response(error instanceof Error ? error.message : String(error), { status: 500 });
    }
  },
};
