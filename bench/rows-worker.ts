/**
 * The gateway with a counter in its storage: how many SQLite rows it writes, read at `/__rows`.
 *
 * Never the target of a timing: counting costs.
 */
import { DurableObject } from "cloudflare:workers";
import * as gateway from "../src/edge/worker.ts";

let rows = 0;
let patched = false;

/** Counts what SQLite reports as written, and an alarm as one row, as it is billed. */
function countRows(storage: DurableObjectStorage): void {
  if (patched) return;
  patched = true;
  const sql: { exec: (...args: unknown[]) => { rowsWritten: number } } = Object.getPrototypeOf(
    storage.sql,
  );
  const { exec } = sql;
  sql.exec = function counted(...args) {
    const cursor = exec.apply(this, args);
    const atOnce = cursor.rowsWritten;
    rows += atOnce;
    // What a statement with RETURNING writes is known when its rows have been read.
    queueMicrotask(() => (rows += cursor.rowsWritten - atOnce));
    return cursor;
  };
  const stored: { setAlarm: (...args: unknown[]) => Promise<void> } =
    Object.getPrototypeOf(storage);
  const { setAlarm } = stored;
  stored.setAlarm = function counted(...args) {
    rows += 1;
    return setAlarm.apply(this, args);
  };
}

const actors = gateway as unknown as Record<string, typeof DurableObject | undefined>;

function counting(name: string) {
  return class extends (actors[name] ?? DurableObject) {
    constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
      countRows(ctx.storage);
      super(ctx, env);
    }
  };
}

export const UserActor = counting("UserActor");
export const BudgetActor = counting("BudgetActor");
export const PolicyActor = counting("PolicyActor");
export const LedgerActor = counting("LedgerActor");

const handler = gateway.default as unknown as {
  fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response>;
};

export default {
  ...handler,
  fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response> | Response {
    if (new URL(request.url).pathname === "/__rows") return Response.json({ rows });
    return handler.fetch(request, env, ctx);
  },
};
