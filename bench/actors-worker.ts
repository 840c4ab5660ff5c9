/**
 * The gateway's actors driven from inside one Worker, so that what is measured is the actor and not
 * HTTP: `POST /__actors` runs a job and answers once it is done.
 *
 * Never the target of another figure: its actors have methods that the gateway's have not.
 */
import type { RenewCommand, RenewReply } from "#actors/budget/api.ts";
import type { AdmitCommand, AdmitReply } from "#actors/user/commands.ts";
import type { BudgetData } from "#events/user-events.ts";
import * as gateway from "../src/edge/worker.ts";
import {
  boundOf,
  budgetOf,
  limitOf,
  requestOf,
  settlementOf,
} from "../test/actors/user/fixtures.ts";

export { LedgerActor, PolicyActor } from "../src/edge/worker.ts";

let renewals = 0;

export class UserActor extends gateway.UserActor {
  /** The least that a round trip to an actor can be. */
  bare(): Promise<void> {
    return Promise.resolve();
  }

  /** Falls out of memory; the next call wakes it. */
  drop(): Promise<void> {
    this.ctx.abort("the bench drops this actor");
    return Promise.resolve();
  }
}

export class BudgetActor extends gateway.BudgetActor {
  override renew(command: RenewCommand): Promise<RenewReply> {
    renewals += 1;
    return super.renew(command);
  }
}

/** What an admission is decided by. */
export type Rules = "own" | "a team";

export interface Job {
  kind: "bare" | "admit" | "wake";
  rules: Rules;
  /** Jobs under one name share their actors. */
  name: string;
  actors: number;
  inFlight: number;
  count: number;
}

export interface Done {
  count: number;
  /** Renewals of leases while the job ran, those ahead of need included. */
  renewals: number;
}

interface Env {
  USERS: DurableObjectNamespace<UserActor>;
}

const dayMs = 86_400_000;
const plenty = 1e15;

/** One limit and one budget of the user's own, or budgets of a team and the organisation. */
function rulesOf(rules: Rules, at: number): Partial<AdmitCommand["request"]> {
  const period = { startsAt: at - dayMs, resetsAt: at + dayMs, limitNanos: plenty };
  const own: BudgetData = budgetOf({ ...period, name: "own" });
  if (rules === "own") return { limits: [limitOf({ limit: 1e9 })], budgets: [own] };
  const organisation = { ...own, name: "org", scope: "organisation" };
  return { shared: [{ ...own, name: "team", scope: "team:red", parent: organisation }] };
}

function admission(
  stream: string,
  id: string,
  rules: Rules,
  last: string | undefined,
): AdmitCommand {
  const at = Date.now();
  const command: AdmitCommand = {
    home: { organisation: "bench", stream, ledger: "l_bench_0" },
    at,
    request: requestOf(id, {
      ...rulesOf(rules, at),
      keyId: "k1",
      team: "red",
      bound: boundOf(1_000, 30_000_000),
      deadlineAt: at + 600_000,
    }),
    ledgerShards: 1,
  };
  // As the edge does: the settlement of the request before rides along.
  if (last !== undefined) command.settlements = [settlementOf(last, 10_000_000, 300)];
  return command;
}

async function run({ USERS }: Env, job: Job): Promise<Done> {
  const { kind, name, actors, inFlight, count, rules } = job;
  const before = renewals;
  let next = 0;
  const lane = async (lane: number): Promise<void> => {
    const stream = `u_${name}_${lane % actors}`;
    let last: string | undefined;
    while (next < count) {
      next += 1;
      if (kind === "bare") {
        await USERS.getByName(stream).bare();
        continue;
      }
      if (kind === "wake") {
        const dropped = USERS.getByName(stream).drop();
        await dropped.catch(() => undefined);
        // Reads the state and writes nothing: what it costs is waking.
        await USERS.getByName(stream).readBudgets(Date.now());
        continue;
      }
      const id = crypto.randomUUID();
      const command = admission(stream, id, rules, last);
      const reply = (await USERS.getByName(stream).admit(command)) as AdmitReply;
      if (reply.outcome !== "admitted") throw new Error(`not admitted: ${JSON.stringify(reply)}`);
      last = id;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, n) => lane(n)));
  return { count: next, renewals: renewals - before };
}

const handler = gateway.default as unknown as {
  fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response>;
};

export default {
  ...handler,
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    if (new URL(request.url).pathname !== "/__actors") return handler.fetch(request, env, ctx);
    try {
      return Response.json(await run(env, await request.json<Job>()));
    } catch (error) {
      return new Response(error instanceof Error ? error.message : String(error), { status: 500 });
    }
  },
};
