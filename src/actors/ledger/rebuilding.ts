/**
 * What a shard says while its views are being folded anew: an error that keeps its meaning on its
 * way through RPC, of which only the message is sure to arrive.
 */

/** How far the views are: events folded, of how many. */
export interface RebuildProgress {
  done: number;
  of: number;
}

const form = /the views are being folded anew: (\d+) of (\d+) events$/;

export class ViewsRebuilding extends Error {
  constructor({ done, of }: RebuildProgress) {
    super(`the views are being folded anew: ${done} of ${of} events`);
  }
}

/** How far the views are, if that is what an error says. */
export function readRebuilding(error: unknown): RebuildProgress | undefined {
  const found = error instanceof Error ? form.exec(error.message) : null;
  return found === null ? undefined : { done: Number(found[1]), of: Number(found[2]) };
}
