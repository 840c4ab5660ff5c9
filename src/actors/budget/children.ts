/** A parent's way to its children, and theirs to it: by name, which says what they are. */
import type { Env } from "#actors/kit/env.ts";
import { isBudgetStream } from "#actors/kit/names.ts";
import type { BudgetActorApi, LeaseChildApi } from "./api.ts";
import { recallLanes } from "./limits.ts";

export function childOf(env: Env, name: string): LeaseChildApi {
  return isBudgetStream(name) ? env.BUDGETS.getByName(name) : env.USERS.getByName(name);
}

export function parentOf(env: Env, stream: string): BudgetActorApi {
  return env.BUDGETS.getByName(stream);
}

/** Does `work` for each name, some at a time; what fails is left out. */
export async function forEachChild(
  names: readonly string[],
  work: (name: string) => Promise<void>,
): Promise<void> {
  const rest = [...names];
  const lane = async (): Promise<void> => {
    for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
      await work(name).catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: recallLanes }, lane));
}
