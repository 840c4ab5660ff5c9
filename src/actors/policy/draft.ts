/** What an event says of a document that is published, proposed or founded with. */
import { patternCostsOf } from "#dlp/program.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { hashPolicy } from "#policy/hash.ts";
import type { PolicyDraft } from "./commands.ts";

/** The draft of a valid document: its hash, and what the scan of each own pattern costs. */
export function draftPolicy(document: PolicyDocument, comment: string): PolicyDraft {
  const draft: PolicyDraft = { document, hash: hashPolicy(document), comment };
  const patternCosts = patternCostsOf(document.dlp.rules);
  return Object.keys(patternCosts).length > 0 ? { ...draft, patternCosts } : draft;
}
