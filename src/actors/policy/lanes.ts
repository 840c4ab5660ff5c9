/** Work on many, some at a time. */
import { limitLanes } from "./limits.ts";

/** Does `work` for each, some at a time. */
export async function inLanes<T>(
  all: readonly T[],
  work: (one: T) => Promise<void>,
): Promise<void> {
  const rest = [...all];
  const lane = async (): Promise<void> => {
    for (let one = rest.pop(); one !== undefined; one = rest.pop()) await work(one);
  };
  await Promise.all(Array.from({ length: limitLanes }, lane));
}
