/**
 * What is said of a past that retention has let go: an error that keeps its meaning on its way
 * through RPC, of which only the message is sure to arrive.
 */

const form = /the record from before (\S+) is not kept any more$/;

export class RecordGone extends Error {
  /** `through` is the latest moment of which nothing is kept, milliseconds. */
  constructor(through: number) {
    super(`the record from before ${new Date(through).toISOString()} is not kept any more`);
  }
}

/** From when on there is a record, as ISO 8601, if that is what an error says. */
export function readGone(error: unknown): string | undefined {
  return error instanceof Error ? form.exec(error.message)?.[1] : undefined;
}
