/**
 * Settlements on their way: each rides with its principal's next admission, or goes with its
 * neighbours after a moment. A busy principal so pays one round trip and one commit a
 * request instead of two. What an isolate loses here its actor books at the hold's expiry.
 */
import type { Env } from "#actors/kit/env.ts";
import type { SettleCommand } from "#actors/user/commands.ts";
import { askActor } from "../actors.ts";
import { settleDelayMs, settlementsMax, settleTriesMax } from "../limits.ts";

const waiting = new Map<string, SettleCommand[]>();

/** Keeps a settlement for its principal's next admission, or sends it; resolves when done with it. */
export async function settleLater(env: Env, command: SettleCommand): Promise<void> {
  const { stream } = command.home;
  const others = waiting.get(stream);
  if (others !== undefined) {
    others.push(command);
    // Whoever came first sends them all, unless there are too many for one call.
    if (others.length >= settlementsMax) await sendSettlements(env, takeSettlements(stream));
    return;
  }
  const mine = [command];
  waiting.set(stream, mine);
  await scheduler.wait(settleDelayMs);
  if (waiting.get(stream) === mine) await sendSettlements(env, takeSettlements(stream));
}

/** The settlements that wait for a stream's actor: whoever takes them delivers them. */
export function takeSettlements(stream: string): readonly SettleCommand[] {
  const taken = waiting.get(stream);
  if (taken === undefined) return [];
  waiting.delete(stream);
  return taken;
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
