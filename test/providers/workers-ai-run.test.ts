import { expect, it } from "vitest";
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
