/** Every dialect's answers in every other dialect: nothing a client sees is lost on the way. */
import { describe, expect, it } from "vitest";
import { openaiChat } from "#providers/openai-chat/dialect.ts";
import type { Usage } from "#events/money.ts";
import type { JsonObject } from "#providers/types.ts";
import { anthropicFixtures } from "../fixtures/providers/anthropic-messages.ts";
import { googleFixtures } from "../fixtures/providers/google-generate.ts";
import { ollamaFixtures } from "../fixtures/providers/ollama-chat.ts";
import { openaiFixtures } from "../fixtures/providers/openai-chat.ts";
import {
  type Answer,
  answerOf,
  answerOfResponse,
  type DialectFixtures,
  decodeStream,
  encodeStream,
  valueOf,
} from "../support/describe-provider.ts";

const ALL = [openaiFixtures, anthropicFixtures, googleFixtures, ollamaFixtures];

/** Parts of usage a dialect has words for; totals survive everywhere. */
const USAGE_WORDS: Record<string, (keyof Usage)[]> = {
  "openai-chat": ["cachedReadTokens", "reasoningTokens"],
  "anthropic-messages": [
    "cachedReadTokens",
    "cacheWrite5mTokens",
    "cacheWrite1hTokens",
    "reasoningTokens",
  ],
  "google-generate": ["cachedReadTokens", "reasoningTokens"],
  "ollama-chat": [],
};

function expectSame(got: Answer, sent: Answer, to: DialectFixtures): void {
  const { usage: gotUsage, ...gotRest } = got;
  const { usage: sentUsage, ...sentRest } = sent;
  expect(gotRest).toEqual(sentRest);
  const parts: (keyof Usage)[] = ["inputTokens", "outputTokens"];
  for (const part of parts.concat(USAGE_WORDS[to.dialect.id] ?? [])) {
    expect(gotUsage?.[part] ?? 0).toBe(sentUsage?.[part] ?? 0);
  }
}

for (const from of ALL) {
  for (const to of ALL) {
    if (from === to) continue;
    describe(`an answer of ${from.dialect.id} in ${to.dialect.id}`, () => {
      for (const { name, wire, answer } of from.streams) {
        it(`streams ${name} whole`, () => {
          const crossed = encodeStream(to.dialect, decodeStream(from.dialect, wire));
          expectSame(answerOf(decodeStream(to.dialect, crossed)), answer, to);
        });
      }
      for (const { name, body, answer } of from.responses) {
        it(`answers ${name} whole`, () => {
          const decoded = valueOf(from.dialect.decodeResponse(structuredClone(body)));
          const crossed = valueOf(to.dialect.decodeResponse(to.dialect.encodeResponse(decoded)));
          expectSame(answerOfResponse(crossed), answer, to);
        });
      }
      it("crosses a plain question, or names what it cannot carry", () => {
        for (const { body } of from.requests) {
          const decoded = from.dialect.decodeRequest(structuredClone(body));
          if (!decoded.ok) throw new Error(decoded.error.message);
          const encoded = to.dialect.encodeRequest({ ...decoded.value, maxOutputTokens: 99 });
          if (encoded.ok) expect(JSON.stringify(encoded.value)).toContain("99");
          else expect(encoded.error.field).not.toBe("");
        }
      });
    });
  }
}

describe("signed calls", () => {
  const call: JsonObject = {
    functionCall: { name: "f", args: { a: 1 } },
    thoughtSignature: "c2ln",
  };
  const google = googleFixtures.dialect;

  it("come back to Google with their signature after a turn through OpenAI's dialect", () => {
    const body = {
      candidates: [{ content: { role: "model", parts: [call] }, finishReason: "STOP" }],
    };
    const answered = openaiChat.encodeResponse(valueOf(google.decodeResponse(body)));
    const [choice] = answered["choices"] as { message: JsonObject }[];
    const next = openaiChat.decodeRequest({
      model: "gemini-3-pro",
      messages: [
        { role: "user", content: "?" },
        choice?.message ?? {},
        { role: "tool", tool_call_id: "call_1", content: "ok" },
      ],
    });
    expect(valueOf(google.encodeRequest(valueOf(next)))["contents"]).toEqual([
      { role: "user", parts: [{ text: "?" }] },
      { role: "model", parts: [call] },
      { role: "user", parts: [{ functionResponse: { name: "f", response: { output: "ok" } } }] },
    ]);
  });

  it("of other providers are marked as foreign for models that insist on a signature", () => {
    const messages = [
      { role: "user", content: "?" },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
      },
    ];
    const signatureFor = (model: string) =>
      JSON.stringify(
        valueOf(google.encodeRequest(valueOf(openaiChat.decodeRequest({ model, messages })))),
      );
    expect(signatureFor("gemini-3-pro")).toContain("skip_thought_signature_validator");
    expect(signatureFor("gemini-2.5-pro")).not.toContain("thoughtSignature");
  });
});
