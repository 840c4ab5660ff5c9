/** The console's own hashing, what it remembers of verifications, and sums of the past. */
import { createHash as nodeHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { pastLines, pastTotal } from "../../console/src/logic/past.ts";
import { NO_TRUST, newKeys, readTrust, withHeads } from "../../console/src/logic/trust.ts";
import { createHash, hash } from "../../console/src/verify/sha256.ts";

test("its SHA-256 is Node's, whatever the bytes and however they come", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, bytes, fc.string({ maxLength: 80, unit: "binary" }), (a, b, text) => {
      const hex = Buffer.from(b).toString("hex");
      const own = createHash("sha256").update(a).update(text).update(hex, "hex").digest("hex");
      const known = nodeHash("sha256").update(a).update(text).update(hex, "hex").digest("hex");
      expect(own).toBe(known);
      expect(hash("sha256", text, "hex")).toBe(nodeHash("sha256").update(text).digest("hex"));
      expect(hash("sha256", text, "binary")).toBe(nodeHash("sha256").update(text).digest("binary"));
    }),
    { seed: 17, numRuns: 300 },
  );
  const million = "a".repeat(1_000_000);
  expect(hash("sha256", million, "hex")).toBe(nodeHash("sha256").update(million).digest("hex"));
});

const head = (size: number, root = "a") => ({
  origin: "tallygate/l_1",
  size,
  root: root.repeat(64),
});

test("the newest checkpoint of each shard is remembered, and never an older one", () => {
  const seen = withHeads(NO_TRUST, ["k1"], [head(5), undefined]);
  expect(withHeads(seen, ["k2"], [head(3, "b")])).toEqual({
    publicKeys: ["k1", "k2"],
    checkpoints: [head(5)],
  });
  expect(withHeads(seen, [], [head(9)]).checkpoints).toEqual([head(9)]);
  expect(readTrust(JSON.stringify(seen))).toEqual(seen);
});

test("what was kept is read as nothing where it is not as it should be", () => {
  expect([readTrust(null), readTrust("{"), readTrust('{"publicKeys":1}')]).toEqual([
    NO_TRUST,
    NO_TRUST,
    NO_TRUST,
  ]);
  const text = JSON.stringify({ publicKeys: [1, "k"], checkpoints: [{ origin: "x" }] });
  expect(readTrust(text)).toEqual({ publicKeys: ["k"], checkpoints: [] });
});

test("a key is new only to who knows another", () => {
  expect(newKeys(NO_TRUST, ["k1"])).toEqual([]);
  expect(newKeys({ ...NO_TRUST, publicKeys: ["k1"] }, ["k1", "k2"])).toEqual(["k2"]);
});

test("rows of the past add up by name, and all lines to the whole", () => {
  const usage = [
    { hour: 1, user: "ada", requests: 2, inputTokens: 10, outputTokens: 5 },
    { hour: 2, user: "ada", requests: 1, inputTokens: 1, outputTokens: 1 },
    { hour: 1, user: "bob", requests: 4, inputTokens: 0, outputTokens: 0 },
  ];
  const costs = [
    { hour: 1, user: "bob", costNanos: 9 },
    { hour: 3, user: "eve", costNanos: 20 },
  ];
  const lines = pastLines("user", usage, costs);
  expect(lines).toEqual([
    { name: "eve", requests: 0, tokens: 0, costNanos: 20 },
    { name: "bob", requests: 4, tokens: 0, costNanos: 9 },
    { name: "ada", requests: 3, tokens: 17, costNanos: 0 },
  ]);
  expect(pastTotal(lines)).toEqual({ name: "", requests: 7, tokens: 17, costNanos: 29 });
});
