/** Erasing a person: the confirmation that it wants, and the proof that is taken away. */
import type { ErasureRecord } from "#actors/policy/state.ts";

/** The event that says that the key is gone: `seq` in `stream`, at `at` milliseconds. */
export type ErasureProof = NonNullable<ErasureRecord["done"]>;

/** Whether the id that was typed is the person's, to the letter; nobody is erased by a near miss. */
export function isConfirmed(member: string, typed: string): boolean {
  return member !== "" && typed === member;
}

/** The proof as text: whose key was destroyed, when, and where the log says so. */
export function proofText(member: string, proof: ErasureProof): string {
  const { event, stream, seq, at, keyId } = proof;
  return [
    `member: ${member}`,
    `event: ${event}`,
    `stream: ${stream}`,
    `seq: ${seq}`,
    `at: ${new Date(at).toISOString()}`,
    `key: ${keyId ?? "none: nothing was kept under one"}`,
  ].join("\n");
}
