/** What was replaced must not be spelled out again beside the text. */
import { describe, expect, it } from "vitest";
import { anthropicMessages } from "#providers/anthropic-messages/dialect.ts";
import { googleGenerate } from "#providers/google-generate/dialect.ts";
import { openaiChat } from "#providers/openai-chat/dialect.ts";
import type { Dialect, JsonObject } from "#providers/types.ts";
import { split } from "../support/describe-provider.ts";

const spelled = [{ token: "SECRET", logprob: -0.1 }];

function edited(dialect: Dialect, event: JsonObject): string {
  const tap = dialect.openTap();
  const wire = `data: ${JSON.stringify(event)}\n\n`;
  return split(dialect, wire)
    .map((one) => {
      const step = tap.read(one);
      for (const slot of step.slots) slot.replace("gone");
      return step.wire();
    })
    .join("");
}

const call = (index: number, id?: string): JsonObject => ({
  choices: [
    {
      index: 0,
      delta: {
        tool_calls: [
          { index, ...(id !== undefined && { id }), function: { name: "f", arguments: "x" } },
        ],
      },
    },
  ],
});

const googleAnswer = (): JsonObject => ({
  candidates: [{ content: { parts: [{ text: "SECRET" }] }, logprobsResult: { chosen: spelled } }],
});

describe("replaced text", () => {
  it("leaves no log probabilities in an OpenAI chunk or answer", () => {
    const choice = { index: 0, logprobs: { content: spelled }, finish_reason: null };
    const wire = edited(openaiChat, { choices: [{ ...choice, delta: { content: "SECRET" } }] });
    expect(wire).toContain("gone");
    expect(wire).not.toContain("SECRET");
    const body = { choices: [{ ...choice, message: { role: "assistant", content: "SECRET" } }] };
    for (const slot of openaiChat.responseTexts(body)) slot.replace("gone");
    expect(JSON.stringify(body)).not.toContain("SECRET");
  });

  it("leaves no log probabilities in a Google event or answer", () => {
    const wire = edited(googleGenerate, googleAnswer());
    expect(wire).toContain("gone");
    expect(wire).not.toContain("SECRET");
    const answer = googleAnswer();
    for (const slot of googleGenerate.responseTexts(answer)) slot.replace("gone");
    expect(JSON.stringify(answer)).not.toContain("SECRET");
  });

  it("is replaced in results of tools that Anthropic ran itself, which come whole", () => {
    const wire = edited(anthropicMessages, {
      type: "content_block_start",
      index: 1,
      content_block: {
        type: "code_execution_tool_result",
        tool_use_id: "srvtoolu_1",
        content: { type: "code_execution_result", stdout: "SECRET" },
      },
    });
    expect(wire).not.toContain("SECRET");
  });

  it("is found in member names and below any depth", () => {
    let deep: JsonObject = { "4111111111111111": "x" };
    for (let level = 0; level < 100; level += 1) deep = { deep };
    const body = {
      messages: [{ role: "assistant", content: [{ type: "tool_use", input: deep }] }],
    };
    const shallow = {
      messages: [
        { role: "assistant", content: [{ type: "tool_use", input: { "4111111111111111": 1 } }] },
      ],
    };
    for (const one of [body, shallow] as JsonObject[]) {
      for (const slot of anthropicMessages.requestTexts(one)) {
        slot.replace(slot.text.replaceAll("4111111111111111", "card"));
      }
      expect(JSON.stringify(one)).not.toContain("4111111111111111");
    }
  });

  it("ends a stream in which a tool call goes on that was taken for finished", () => {
    const tap = openaiChat.openTap();
    const wire = [call(0, "a"), call(1, "b"), call(0)]
      .map((one) => `data: ${JSON.stringify(one)}\n\n`)
      .join("");
    const steps = split(openaiChat, wire).map((event) => tap.read(event));
    expect(steps[1]?.closes).toEqual(["0:tool:0"]);
    expect(steps[2]?.error?.code).toBe("malformed_stream_event");
  });
});
