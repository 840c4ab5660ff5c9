import { expect, it } from "vitest";
import { openaiChat } from "#providers/openai-chat/dialect.ts";
import { workersAiRun } from "#providers/workers-ai-run/dialect.ts";
import { workersAiRunFixtures } from "../fixtures/providers/workers-ai-run.ts";
import { describeUpstream } from "../support/describe-provider.ts";

describeUpstream(workersAiRunFixtures);

it("sends no content of null, no stream options and one name for the cap", () => {
  const body = {
    messages: [{ role: "assistant", content: null, tool_calls: [] }],
    max_completion_tokens: 9,
    stream_options: { include_usage: true },
  };
  const to = { model: "@cf/m", maxOutputTokens: 5, stream: true };
  expect(workersAiRun.prepare(body, to)).toEqual({
    model: "@cf/m",
    messages: [{ role: "assistant", content: "", tool_calls: [] }],
    max_tokens: 5,
    stream: true,
  });
});

it("sends a JSON schema by itself, and reads one that came so", () => {
  const schema = { type: "object", properties: { city: { type: "string" } } };
  const decoded = openaiChat.decodeRequest({
    model: "@cf/m",
    messages: [{ role: "user", content: "hi" }],
    response_format: { type: "json_schema", json_schema: schema },
  });
  if (!decoded.ok) throw new Error(JSON.stringify(decoded));
  expect(decoded.value.responseFormat).toEqual({ type: "json_schema", name: "answer", schema });
  const encoded = workersAiRun.encodeRequest(decoded.value);
  expect(encoded).toMatchObject({
    ok: true,
    value: {
      response_format: { type: "json_schema", json_schema: { title: "answer", ...schema } },
    },
  });
});
