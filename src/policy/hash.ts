/** A policy document's name by content: two documents with one hash say the same. */
import { canonicalJson } from "#events/canonical.ts";
import { hashBody } from "#events/envelope.ts";
import type { PolicyDocument } from "./document.ts";

/** SHA-256, hex, of the canonical JSON of a validated document (every default written out). */
export function hashPolicy(document: PolicyDocument): string {
  return hashBody(canonicalJson(document));
}
