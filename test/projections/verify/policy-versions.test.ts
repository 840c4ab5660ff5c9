import { expect, test } from "vitest";
import { canonicalJson } from "#events/canonical.ts";
import {
  EMPTY_HEAD,
  hashBody,
  seal,
  type Fact,
  type Head,
  type SealedEvent,
} from "#events/envelope.ts";
import { openSigner } from "#events/note.ts";
import { describe as tell } from "#projections/verify/finding.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import { inMemory, packArchive, signingKey, unzip } from "../../support/archives.ts";

const document = { schema: 1, tiers: { standard: { models: ["b", "a"] } }, comment: "ü" };
const hash = hashBody(canonicalJson(document));

function publishes(version: number, data: object): Fact {
  return {
    type: "PolicyPublished",
    v: 1,
    data: { version, hash, document, comment: "", ...data },
  };
}

/** What verifying an archive of these facts of a policy's stream finds. */
async function found(facts: readonly Fact[]): Promise<string[]> {
  let head: Head = EMPTY_HEAD;
  const names = { organisation: "acme", stream: "p_acme" };
  const events: SealedEvent[] = facts.map((fact, index) => {
    const event = seal(head, names, fact, 1_000 + index, { command: "c" });
    head = { epoch: 1, seq: event.seq, hash: event.hash };
    return event;
  });
  const publicKeys = [(await openSigner(signingKey)).publicKey];
  const archive = inMemory(await packArchive([events], { segmentEvents: 20 }));
  const { findings } = await verifyArchive([archive], { publicKeys, gunzip: unzip });
  return findings.map((finding) => tell(finding));
}

test("a published document is the one that its hash names, in whatever order its fields stand", async () => {
  const turned = Object.fromEntries(Object.entries(document).toReversed());
  expect(await found([publishes(1, {}), publishes(2, { document: turned })])).toEqual([]);
});

test("a document that was exchanged under its hash is found, published or proposed", async () => {
  const other = { ...document, comment: "u" };
  const proposed: Fact = {
    type: "PolicyProposed",
    v: 1,
    data: { base: 1, hash, document: other, comment: "", member: "admin" },
  };
  const is = `its document has the hash ${hashBody(canonicalJson(other))}, not ${hash}`;
  expect(await found([publishes(1, {}), publishes(2, { document: other }), proposed])).toEqual([
    expect.stringContaining(`:2: policy: PolicyPublished: ${is}`),
    expect.stringContaining(`:3: policy: PolicyProposed: ${is}`),
  ]);
});
