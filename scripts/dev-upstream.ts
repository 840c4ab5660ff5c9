/**
 * The development upstream: aimock, a mock that nobody here wrote, speaking the providers' dialects.
 *
 * Fixtures answer any prompt, and a few prompts in a special way, so that a newcomer can see what the
 * gateway does: an answer with a card number in it (redacted on the way back), a call of a tool.
 * Its control API (`/__aimock/*`) is on the same address.
 */
import { LLMock } from "@copilotkit/aimock";
import type { ChatCompletionRequest, FixtureResponse } from "@copilotkit/aimock";

/** Well-known test values: they pass the checks that real ones pass, and belong to nobody. */
const testCard = "4111 1111 1111 1111";
const testEmail = "jane.doe@example.com";
const testPhone = "+1 415 555 0132";

export interface DevUpstream {
  url: string;
  stop(): Promise<void>;
}

function textOf(content: ChatCompletionRequest["messages"][number]["content"]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join(" ");
}

/** What the caller said last. */
function lastPrompt(request: ChatCompletionRequest): string {
  const said = request.messages.findLast((message) => message.role === "user");
  return said ? textOf(said.content) : "";
}

/** Four characters to a token is near enough for a mock; never zero, so that costs are seen. */
const tokens = (text: string): number => Math.max(1, Math.ceil(text.length / 4));

/** Usage under every dialect's names: aimock takes the one that the asked dialect uses. */
function usage(request: ChatCompletionRequest, answer: string) {
  const input = tokens(request.messages.map((message) => textOf(message.content)).join(" "));
  const output = tokens(answer);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    input_tokens: input,
    output_tokens: output,
    promptTokenCount: input,
    candidatesTokenCount: output,
  };
}

const say =
  (answer: (prompt: string) => string) =>
  (request: ChatCompletionRequest): FixtureResponse => {
    const content = answer(lastPrompt(request));
    return { content, usage: usage(request, content) };
  };

/** Calls the first tool on offer, with an argument for each required property. */
function callTool(request: ChatCompletionRequest): FixtureResponse {
  const tool = request.tools?.[0]?.function;
  const schema: { required?: string[] } | undefined = tool?.parameters;
  const values = (schema?.required ?? []).map((name) => [name, "Paris"] as const);
  const text = JSON.stringify(Object.fromEntries(values));
  const call = { name: tool?.name ?? "lookup", arguments: text };
  return { toolCalls: [call], usage: usage(request, text) };
}

/** Starts the mock on `port` of 127.0.0.1 (0: any). */
export async function startDevUpstream(port: number): Promise<DevUpstream> {
  const mock = new LLMock({ port, host: "127.0.0.1", logLevel: "silent", chunkSize: 12 });
  mock.on(
    { predicate: (request) => Boolean(request.tools?.length), hasToolResult: false },
    callTool,
  );
  mock.onMessage(
    /repeat .*(card|e-?mail|phone)/i,
    say(() => `The card is ${testCard}, the address ${testEmail}, the phone ${testPhone}.`),
  );
  mock.onMessage(
    /^(say|echo|repeat)\b/i,
    say((prompt) => prompt.replace(/^\w+:?\s*/, "")),
  );
  mock.onMessage(
    /\b(hi|hello|hey)\b/i,
    say(() => "Hello! I am the development upstream behind Tallygate."),
  );
  mock.onEmbedding(/[\s\S]*/, { embedding: Array.from({ length: 8 }, (_, i) => (i + 1) / 10) });
  mock.on(
    { predicate: () => true },
    say((prompt) => `You said ${prompt.length} characters. I am a mock, so that is all I know.`),
  );
  await mock.start();
  return { url: mock.url, stop: () => mock.stop() };
}
