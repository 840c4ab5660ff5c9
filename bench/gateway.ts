/** This gateway as a target: served, and an organisation in it with as many users as needed. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { root } from "../scripts/from-wrangler.ts";
import { devUpstreamVars, startingPolicy } from "../scripts/starting-policy.ts";
import { serveWorker } from "./workerd.ts";
import type { Served } from "./workerd.ts";

export interface Gateway extends Served {
  /** One API key for each user. */
  keys: string[];
}

/** Everything on, as in the starting policy, and limits that count but do not bite. */
export function benchPolicy(upstreamUrl: string): object {
  const policy = startingPolicy({ upstreamUrl, live: [] });
  return {
    ...policy,
    limits: (policy.limits ?? []).map((limit) => ({ ...limit, limit: 1e9 })),
    budgets: (policy.budgets ?? []).map((budget) => ({ ...budget, limitUsd: 1_000_000 })),
  };
}

/** The same with so many limits, and one budget or one for each of user, team and organisation. */
export function ruledPolicy(upstreamUrl: string, limits: number, levels: 1 | 3): object {
  const limitUsd = 1_000_000;
  const above = [
    { name: "team", limitUsd, scope: "team", parent: "org" },
    { name: "org", limitUsd, scope: "organisation" },
  ];
  return {
    ...benchPolicy(upstreamUrl),
    limits: Array.from({ length: limits }, (_, n) => ({
      name: `l${n}`,
      metric: n % 2 === 0 ? "requests" : "tokens",
      limit: 1e12,
      windowMs: 60_000,
    })),
    budgets: [{ name: "own", limitUsd }, ...(levels === 3 ? above : [])],
  };
}

const member = (id: string, team: string | undefined) => ({
  id,
  role: "member",
  tier: "standard",
  ...(team === undefined ? {} : { team }),
});

/** Makes the organisation `bench`; answers the users' keys, in their order. */
async function setUp(
  port: number,
  secret: string,
  users: readonly string[],
  policy: object,
  team: string | undefined,
): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/setup`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({
      organisation: "bench",
      members: [{ id: "admin", role: "admin" }, ...users.map((id) => member(id, team))],
      policy,
    }),
  });
  const text = await answer.text();
  const said = `POST /setup answered ${answer.status}: ${text.slice(0, 500)}`;
  if (!answer.ok || !text.startsWith("{")) throw new Error(said);
  const { keys } = JSON.parse(text) as { keys: Record<string, string> };
  return users.map((id) => {
    const key = keys[id];
    if (key === undefined) throw new Error(said);
    return key;
  });
}

/** Serves the gateway with its files under `folder` and makes `users` users. */
export async function serveGateway(options: {
  folder: string;
  upstreamUrl: string;
  users: number;
  entry?: string;
  /** Instead of the bench's own. */
  policy?: object;
  /** The team that all users are in. */
  team?: string;
}): Promise<Gateway> {
  const secret = randomBytes(32).toString("hex");
  const served = await serveWorker({
    entry: options.entry ?? path.join(root, "src/edge/worker.ts"),
    vars: { TALLYGATE_SECRET: secret, ...devUpstreamVars },
    bindings: true,
    folder: options.folder,
  });
  try {
    const users = Array.from({ length: options.users }, (_, n) => `user${n}`);
    const { policy = benchPolicy(options.upstreamUrl), team } = options;
    const keys = await setUp(served.port, secret, users, policy, team);
    return { ...served, keys };
  } catch (error) {
    await served.stop();
    throw error;
  }
}
