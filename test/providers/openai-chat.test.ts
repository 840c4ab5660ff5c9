import { expect, it } from "vitest";
import { openaiChat } from "#providers/openai-chat/dialect.ts";
import type { WireEvent } from "#providers/types.ts";
import { openaiFixtures } from "../fixtures/providers/openai-chat.ts";
import { describeDialect } from "../support/describe-provider.ts";

describeDialect(openaiFixtures);

function chunk(body: object): WireEvent {
  const data = JSON.stringify(body);
  return { raw: `data: ${data}\n\n`, data };
}

it("the first chunk with a choice names the answer, not one about the prompt", () => {
  const about = chunk({ id: "", model: "", choices: [], prompt_filter_results: [] });
  const first = chunk({ id: "c1", model: "m", choices: [{ index: 0, delta: { content: "a" } }] });
  const tap = openaiChat.openTap();
  expect(tap.read(about)).not.toHaveProperty("servedModel");
  expect(tap.read(first)).toMatchObject({ servedModel: "m", responseId: "c1" });
  expect(tap.finish("length", undefined)).toContain('"id":"c1"');
  const decoder = openaiChat.openDecoder();
  const parts = [...decoder.push(about), ...decoder.push(first)];
  expect(parts[0]).toEqual({ type: "response-metadata", id: "c1", model: "m" });
});
