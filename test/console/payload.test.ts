/** What the console says of a request's kept texts, and how amounts are typed. */
import { expect, test } from "vitest";
import {
  amountFields,
  readAmount,
  readFilter,
  showAmount,
  writeFilter,
} from "../../console/src/logic/filters.ts";
import { payloadState, payloadTexts } from "../../console/src/logic/payload.ts";

const kept = { mode: "full" as const, promptBytes: 2, answerBytes: 3, sha256: "ab", expiresAt: 10 };

test("texts can be asked for while they are kept; else it is said why not", () => {
  const { sha256: _hash, ...sizes } = kept;
  const states = [
    payloadState({}, 5),
    payloadState({ payload: sizes }, 5),
    payloadState({ payload: kept, payloadLost: "the store failed" }, 5),
    payloadState({ payload: kept }, 10),
    payloadState({ payload: kept }, 9),
  ];
  expect(states.map(({ canRead }) => canRead)).toEqual([false, false, false, false, true]);
  expect(new Set(states.map(({ says }) => says)).size).toBe(5);
});

test("the prompt comes first, JSON has its lines, and each text of an answer has its channel", () => {
  const texts = [{ channel: "text", text: "hi" }];
  expect(payloadTexts({ mode: "redacted", prompt: '{"a":1}', answer: { texts } })).toEqual([
    { title: "Prompt", text: '{\n  "a": 1\n}' },
    { title: "Answer, text", text: "hi" },
  ]);
  expect(payloadTexts({ mode: "full", prompt: "x", answer: { wire: "data: y" } })[1]).toEqual({
    title: "Answer",
    text: "data: y",
  });
});

test("amounts are typed in dollars and milliseconds and stand in the address as the API has them", () => {
  expect(readAmount("costNanosMin", "0.0025")).toBe("2500000");
  expect(showAmount("costNanosMin", "2500000")).toBe("0.0025");
  expect(readAmount("latencyMsMax", "1500")).toBe("1500");
  const wrong = ["", " ", "x", "-1", "1e9"].map((text) => readAmount("costNanosMax", text));
  expect(wrong).toEqual(["", "", "", "", ""]);
  const fields = Object.fromEntries(amountFields.map((field, n) => [field, String(n)]));
  expect(readFilter(`?${writeFilter({ fields })}`)).toEqual({ fields });
  expect(readFilter("?costNanosMin=1.5&latencyMsMax=soon")).toEqual({ fields: {} });
});
