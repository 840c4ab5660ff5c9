/** What the console asks before it erases a person, and what it gives as proof. */
import { expect, test } from "vitest";
import { isConfirmed, proofText } from "../../console/src/logic/erasure.ts";

test("nobody is erased by a near miss, nor by nothing", () => {
  const typed = ["alice", "Alice", "alice ", "alic", ""];
  expect(typed.map((text) => isConfirmed("alice", text))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
  expect(isConfirmed("", "")).toBe(false);
});

test("a proof names the event, its place, its time and the key, or that there was none", () => {
  const proof = { event: "e1", stream: "u_1", seq: 7, at: Date.parse("2026-11-21T09:00:00Z") };
  expect(proofText("alice", { ...proof, keyId: "k1" }).split("\n")).toEqual([
    "member: alice",
    "event: e1",
    "stream: u_1",
    "seq: 7",
    "at: 2026-11-21T09:00:00.000Z",
    "key: k1",
  ]);
  expect(proofText("alice", proof)).toMatch(/key: none/);
});
