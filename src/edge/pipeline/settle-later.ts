/**
 * Settlements on their way: each rides with its principal's next admission, or goes with its
 * neighbours after a moment. A busy principal so pays one round trip and one commit a
 * request instead of two. What an isolate loses here its actor books at the hold's expiry.
 */
import type { Env } from "#actors/kit/env.ts";
import type { SettleCommand } from "#actors/user/commands.ts";
import { askActor } from "../actors.ts";
import { settleDelayMs, settlementsMax, settleTriesMax, settleWatchMsMax } from "../limits.ts";

/** What waits for one principal's actor. */
interface Queue {
  /** When the first of them came, milliseconds. */
  since: number;
  commands: SettleCommand[];
}

const waiting = new Map<string, Queue>();
/** Streams whose settlements somebody sees to, and until when that can be relied on. */
const watched = new Map<string, number>();

/**
 * Keeps a settlement for its principal's next admission, or sends it. Resolves when nothing more of it
 * is this request's to do: one request's timer serves all that settle meanwhile.
 */
export async function settleLater(env: Env, command: SettleCommand): Promise<void> {
  const { stream } = command.home;
  const now = Date.now();
  const queue = waiting.get(stream);
  if (queue === undefined) waiting.set(stream, { since: now, commands: [command] });
  else if (queue.commands.push(command) >= settlementsMax) {
    await sendSettlements(env, takeSettlements(stream));
    return;
  }
  if ((watched.get(stream) ?? 0) < now) await watch(env, stream, now);
}

/** Sends what no admission has taken in time, until nothing waits or another has to take over. */
async function watch(env: Env, stream: string, startedAt: number): Promise<void> {
  for (let left = settleDelayMs; left > 0;) {
    const now = Date.now();
    if (now - startedAt >= settleWatchMsMax) break;
    // Whose request is cut off while it waits is replaced by the next one that settles.
    watched.set(stream, now + 2 * left);
    await scheduler.wait(left);
    const queue = waiting.get(stream);
    left = queue === undefined ? 0 : queue.since + settleDelayMs - Date.now();
  }
  watched.delete(stream);
  await sendSettlements(env, takeSettlements(stream));
}

/** The settlements that wait for a stream's actor: whoever takes them delivers them. */
export function takeSettlements(stream: string): readonly SettleCommand[] {
  const taken = waiting.get(stream);
  if (taken === undefined) return [];
  waiting.delete(stream);
  return taken.commands;
}

/**
 * Waits until the admission that carries settlements is answered. Where it fails nobody knows whether
 * they arrived, so they go once more: to book one twice changes nothing. Keep the runtime waiting for
 * it, or a caller who leaves meanwhile takes them along.
 */
export async function deliver(
  env: Env,
  settlements: readonly SettleCommand[],
  admission: Promise<unknown>,
): Promise<void> {
  await admission.catch(() => sendSettlements(env, settlements));
}

/** Sends settlements of one principal. Never throws: their holds' expiry is the net. */
async function sendSettlements(env: Env, all: readonly SettleCommand[]): Promise<void> {
  const [first] = all;
  if (first === undefined) return;
  const send = (): Promise<void> => env.USERS.getByName(first.home.stream).settle(all);
  await askActor(send, settleTriesMax).catch(() => undefined);
}
