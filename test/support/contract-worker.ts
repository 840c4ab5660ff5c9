/** A Worker that answers only what `npm start` asks of one, so that starting is tested by itself. */
import { DurableObject } from "cloudflare:workers";

interface Env {
  USERS: DurableObjectNamespace<UserActor>;
  TALLYGATE_SECRET: string;
}

class Counter extends DurableObject {
  /** How often this was called, over every start with the same storage. */
  count(): number {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS calls (n INTEGER PRIMARY KEY) STRICT");
    sql.exec("INSERT INTO calls DEFAULT VALUES");
    return Number(sql.exec("SELECT count(*) AS n FROM calls").one()["n"]);
  }
}

export class UserActor extends Counter {}
export class PolicyActor extends Counter {}
export class LedgerActor extends Counter {}

async function setup(request: Request, env: Env): Promise<Response> {
  if (request.headers.get("authorization") !== `Bearer ${env.TALLYGATE_SECRET}`) {
    return Response.json({ error: "wrong secret" }, { status: 401 });
  }
  if ((await env.USERS.getByName("setup").count()) > 1) {
    return Response.json({ error: "exists" }, { status: 409 });
  }
  const { organisation, members } = await request.json<{
    organisation: string;
    members: { id: string }[];
  }>();
  const keys = members.map(({ id }) => [id, `tg_${organisation}_${id}_key`]);
  return Response.json({ keys: Object.fromEntries(keys) });
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/setup") return setup(request, env);
    if (pathname === "/health") return Response.json({ ok: true });
    if (pathname === "/count") return Response.json(await env.USERS.getByName("count").count());
    return new Response("no such page", { status: 404 });
  },
};
