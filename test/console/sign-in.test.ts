/** What the door says to who comes back from the identity provider without a session. */
import { expect, it } from "vitest";
import { sentenceOf } from "../../console/src/logic/sign-in.ts";

it("has a sentence of its own for each way that a sign-in ends without a session", () => {
  const problems = ["declined", "stale", "unavailable", "stranger"];
  expect(new Set(problems.map(sentenceOf)).size).toBe(problems.length);
  for (const unknown of ["", "constructor", "<b>"]) {
    expect(sentenceOf(unknown)).toBe("Signing in did not work. Try again.");
  }
});
