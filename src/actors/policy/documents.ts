/**
 * Documents as the code of today reads them: one that was published before a field existed gets the
 * field's default, while its hash stays the one of what was published.
 */
import { PolicyDocument } from "#policy/document.ts";

const readDocuments = new WeakMap<object, PolicyDocument>();

/** The current version's document; the same object as long as the version is current. */
export function currentDocument(current: { document: Record<string, unknown> }): PolicyDocument {
  let document = readDocuments.get(current);
  if (document === undefined) {
    const parsed = PolicyDocument.safeParse(current.document);
    // It was valid when it was published; a schema that grew narrower must not stop the gateway.
    document = parsed.success ? parsed.data : (current.document as unknown as PolicyDocument);
    readDocuments.set(current, document);
  }
  return document;
}
