import { expect, it } from "vitest";
import { bedrockConverse } from "#providers/bedrock-converse/dialect.ts";
import { bedrockFixtures } from "../fixtures/providers/bedrock-converse.ts";
import { describeUpstream, plainRequest, valueOf } from "../support/describe-provider.ts";

describeUpstream(bedrockFixtures);

it("an instruction in the middle of a conversation moves to the start, with a note", () => {
  const result = bedrockConverse.encodeRequest({
    ...plainRequest,
    user: "u-1",
    messages: [
      ...plainRequest.messages,
      { role: "system", parts: [{ type: "text", text: "Now" }] },
    ],
  });
  expect(valueOf(result)).toMatchObject({ system: [{ text: "Now" }] });
  expect(result.ok && result.notes?.map(({ field }) => field)).toEqual(["user", "messages.role"]);
});

it("tools that may not be called stay at home, unless the conversation speaks of them", () => {
  const tools = [{ name: "f", parameters: {} }];
  const request = { ...plainRequest, tools, toolChoice: { type: "none" } as const };
  expect(valueOf(bedrockConverse.encodeRequest(request))).not.toHaveProperty("toolConfig");
  const spoken = bedrockConverse.encodeRequest({
    ...request,
    messages: [
      ...request.messages,
      { role: "assistant", parts: [{ type: "tool-call", id: "1", name: "f", input: "{}" }] },
    ],
  });
  expect(spoken).toMatchObject({ ok: false, error: { field: "tool_choice" } });
});

it("open models on Bedrock are given their effort in their own words", () => {
  const reasoning = { enabled: true, effort: "low" };
  const request = { ...plainRequest, model: "openai.gpt-oss-120b-1:0", reasoning };
  expect(valueOf(bedrockConverse.encodeRequest(request))).toMatchObject({
    additionalModelRequestFields: { reasoning_effort: "low" },
  });
});
