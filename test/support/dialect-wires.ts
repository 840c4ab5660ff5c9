/**
 * Five dialects as their providers and clients speak them, by hand: what a caller asks with a text in
 * every channel, what a provider says, whole and as a stream, and what a client makes of the answer.
 * Shares no code with the gateway's own encoders.
 */

/** A text for each channel of a prompt. */
export interface Turn {
  system: string;
  user: string;
  assistant: string;
  reasoning: string;
  /** A value among a tool's arguments. */
  toolArgument: string;
  toolResult: string;
  file: string;
}

/** What a provider says: pieces of text, of thoughts, and of a tool's arguments as JSON. */
export interface Spoken {
  text?: readonly string[];
  reasoning?: readonly string[];
  tool?: readonly string[];
  /** False: the stream goes silent after its last piece. */
  ends?: boolean;
}

/** What a client reads. `tools` holds the arguments once for every time that the answer tells them. */
export interface Heard {
  text: string;
  reasoning: string;
  tools: unknown[];
  /** In the dialect's own word; the last one counts. */
  finish: string | undefined;
}

export interface DialectWire {
  model: string;
  /** What a client reads where the answer was kept back. */
  filtered: string;
  /** Whether a prompt of the dialect has files whose text can be read. */
  hasFiles: boolean;
  path(streams: boolean): string;
  ask(turn: Turn, streams: boolean): object;
  whole(spoken: Spoken): object;
  stream(spoken: Spoken): string[];
  /** What is heard of a whole answer, or of a stream. */
  hear(text: string): Heard;
}

type Loose = { [name: string]: Loose } & { [at: number]: Loose } & Loose[] & string;

interface Event {
  type: string;
  [member: string]: unknown;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const joined = (pieces: readonly string[] | undefined): string => (pieces ?? []).join("");
const sse = (body: object, event?: string): string =>
  `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(body)}\n\n`;

/** The JSON bodies of a stream's events, or of a whole answer. */
function bodiesOf(text: string): Loose[] {
  const lines = text.split("\n").map((line) => line.replace(/^data: ?/, ""));
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Loose);
}

/** Gathers what is told in pieces. */
function listening() {
  const heard: Heard = { text: "", reasoning: "", tools: [], finish: undefined };
  let json = "";
  return {
    heard,
    text: (text: unknown) => (heard.text += typeof text === "string" ? text : ""),
    thought: (text: unknown) => (heard.reasoning += typeof text === "string" ? text : ""),
    piece: (text: unknown) => (json += typeof text === "string" ? text : ""),
    finish: (word: unknown) => typeof word === "string" && (heard.finish = word),
    tell(): Heard {
      if (json !== "") heard.tools.unshift(JSON.parse(json));
      return heard;
    },
  };
}

const openAiUsage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const toolCall = (args: string) => ({
  id: "c1",
  type: "function",
  function: { name: "f", arguments: args },
});

const openAiChat: DialectWire = {
  model: "gpt-4o-mini",
  filtered: "content_filter",
  hasFiles: true,
  path: () => "/v1/chat/completions",
  ask: (turn, stream) => ({
    model: "gpt-4o-mini",
    stream,
    messages: [
      { role: "system", content: turn.system },
      {
        role: "user",
        content: [
          { type: "text", text: turn.user },
          {
            type: "file",
            file: { filename: "a.txt", file_data: `data:text/plain;base64,${base64(turn.file)}` },
          },
        ],
      },
      {
        role: "assistant",
        content: turn.assistant,
        reasoning_content: turn.reasoning,
        tool_calls: [toolCall(JSON.stringify({ a: turn.toolArgument }))],
      },
      { role: "tool", tool_call_id: "c1", content: turn.toolResult },
    ],
  }),
  whole: ({ text, reasoning, tool }) => ({
    id: "x",
    object: "chat.completion",
    created: 1,
    model: "gpt-4o-mini",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: joined(text),
          ...(reasoning && { reasoning_content: joined(reasoning) }),
          ...(tool && { tool_calls: [toolCall(joined(tool))] }),
        },
        finish_reason: tool === undefined ? "stop" : "tool_calls",
      },
    ],
    usage: openAiUsage,
  }),
  stream({ text = [], reasoning = [], tool = [], ends = true }) {
    const head = { id: "x", object: "chat.completion.chunk", created: 1, model: "gpt-4o-mini" };
    const chunk = (delta: object, finish_reason: string | null = null): string =>
      sse({ ...head, choices: [{ index: 0, delta, finish_reason }] });
    const calls = tool.map((part, at) => {
      const call = at === 0 ? toolCall(part) : { function: { arguments: part } };
      return chunk({ tool_calls: [{ index: 0, ...call }] });
    });
    return [
      chunk({ role: "assistant", content: "" }),
      ...reasoning.map((part) => chunk({ reasoning_content: part })),
      ...text.map((part) => chunk({ content: part })),
      ...calls,
      ...(ends
        ? [
            chunk({}, tool.length === 0 ? "stop" : "tool_calls"),
            sse({ ...head, choices: [], usage: openAiUsage }),
            "data: [DONE]\n\n",
          ]
        : []),
    ];
  },
  hear(wire) {
    const ear = listening();
    for (const body of bodiesOf(wire)) {
      const choice = body["choices"]?.[0];
      const said = choice?.["delta"] ?? choice?.["message"];
      ear.text(said?.["content"]);
      ear.thought(said?.["reasoning_content"]);
      ear.piece(said?.["tool_calls"]?.[0]?.["function"]?.["arguments"]);
      ear.finish(choice?.["finish_reason"]);
    }
    return ear.tell();
  },
};

const responsesUsage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };

/** The items of an answer: a thought, a message, a call. */
function itemsOf({ text, reasoning, tool }: Spoken) {
  const items: { item: Record<string, unknown>; deltas: Event[] }[] = [];
  if (reasoning !== undefined) {
    const whole = joined(reasoning);
    const place = { item_id: "i0", output_index: items.length, summary_index: 0 };
    const kind = "response.reasoning_summary_text";
    const item = { type: "reasoning", id: "i0", summary: [{ type: "summary_text", text: whole }] };
    const deltas = reasoning.map((delta) => ({ type: `${kind}.delta`, ...place, delta }));
    items.push({ item, deltas: [...deltas, { type: `${kind}.done`, ...place, text: whole }] });
  }
  if (text !== undefined) {
    const whole = joined(text);
    const place = { item_id: "i1", output_index: items.length, content_index: 0 };
    const part = { type: "output_text", text: whole, annotations: [] };
    const item = { type: "message", id: "i1", role: "assistant", content: [part] };
    const kind = "response.output_text";
    const deltas = text.map((delta) => ({ type: `${kind}.delta`, ...place, delta }));
    const ends = [
      { type: `${kind}.done`, ...place, text: whole },
      { type: "response.content_part.done", ...place, part },
    ];
    items.push({ item, deltas: [...deltas, ...ends] });
  }
  if (tool !== undefined) {
    const whole = joined(tool);
    const place = { item_id: "i2", output_index: items.length };
    const item = { type: "function_call", id: "i2", call_id: "c1", name: "f", arguments: whole };
    const kind = "response.function_call_arguments";
    const deltas = tool.map((delta) => ({ type: `${kind}.delta`, ...place, delta }));
    items.push({ item, deltas: [...deltas, { type: `${kind}.done`, ...place, arguments: whole }] });
  }
  return items;
}

const responseOf = (spoken: Spoken, status: string): object => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  model: "gpt-4o-mini",
  status,
  output: status === "completed" ? itemsOf(spoken).map(({ item }) => item) : [],
  ...(status === "completed" && { usage: responsesUsage }),
});

const responses: DialectWire = {
  model: "gpt-4o-mini",
  filtered: "content_filter",
  hasFiles: true,
  path: () => "/v1/responses",
  ask: (turn, stream) => ({
    model: "gpt-4o-mini",
    stream,
    instructions: turn.system,
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: turn.user },
          {
            type: "input_file",
            filename: "a.txt",
            file_data: `data:text/plain;base64,${base64(turn.file)}`,
          },
        ],
      },
      { type: "reasoning", id: "r", summary: [{ type: "summary_text", text: turn.reasoning }] },
      { role: "assistant", content: [{ type: "output_text", text: turn.assistant }] },
      {
        type: "function_call",
        call_id: "c1",
        name: "f",
        arguments: JSON.stringify({ a: turn.toolArgument }),
      },
      { type: "function_call_output", call_id: "c1", output: turn.toolResult },
    ],
  }),
  whole: (spoken) => responseOf(spoken, "completed"),
  stream(spoken) {
    const { ends = true } = spoken;
    const items = itemsOf(spoken).flatMap(({ item, deltas }, output_index) => [
      { type: "response.output_item.added", output_index, item: startOf(item) },
      ...deltas,
      { type: "response.output_item.done", output_index, item },
    ]);
    const events: Event[] = [
      { type: "response.created", response: responseOf(spoken, "in_progress") },
      ...items,
      { type: "response.completed", response: responseOf(spoken, "completed") },
    ];
    const said = ends
      ? events
      : events.filter(({ type }) => /(?:ed|delta)$/.test(type)).slice(0, -1);
    return said.map((event) => sse(event, event.type));
  },
  hear(wire) {
    const ear = listening();
    const tellItem = (item: Loose | undefined): void => {
      if (item?.["type"] === "function_call" && item["arguments"] !== "") {
        ear.heard.tools.push(JSON.parse(item["arguments"] ?? ""));
      }
    };
    for (const body of bodiesOf(wire)) {
      const type = body["type"] ?? "";
      if (type === "response.output_text.delta") ear.text(body["delta"]);
      if (type === "response.reasoning_summary_text.delta") ear.thought(body["delta"]);
      if (type === "response.function_call_arguments.delta") ear.piece(body["delta"]);
      if (type === "response.function_call_arguments.done") {
        ear.heard.tools.push(JSON.parse(body["arguments"] ?? ""));
      }
      if (type === "response.output_item.done") tellItem(body["item"]);
      const response = body["object"] === "response" ? body : body["response"];
      const reason = response?.["incomplete_details"]?.["reason"];
      if (response?.["status"] !== "in_progress") ear.finish(reason ?? response?.["status"]);
      for (const item of response?.["output"] ?? []) {
        tellItem(item);
        if (body["object"] !== "response") continue;
        ear.text(item["type"] === "message" ? item["content"]?.[0]?.["text"] : "");
        ear.thought(item["type"] === "reasoning" ? item["summary"]?.[0]?.["text"] : "");
      }
    }
    return ear.tell();
  },
};

/** An item as it is added: nothing of it is said yet. */
function startOf(item: Record<string, unknown>): object {
  const { arguments: _arguments, summary: _summary, content: _content, ...rest } = item;
  return {
    ...rest,
    ...(rest["type"] === "message" && { content: [] }),
    ...(rest["type"] === "reasoning" && { summary: [] }),
    ...(rest["type"] === "function_call" && { arguments: "" }),
  };
}

const anthropic: DialectWire = {
  model: "claude-sonnet-4-5",
  filtered: "refusal",
  hasFiles: true,
  path: () => "/v1/messages",
  ask: (turn, stream) => ({
    model: "claude-sonnet-4-5",
    max_tokens: 400,
    stream,
    system: turn.system,
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: turn.user },
          {
            type: "document",
            source: { type: "text", media_type: "text/plain", data: turn.file },
          },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: turn.reasoning, signature: "s" },
          { type: "text", text: turn.assistant },
          { type: "tool_use", id: "c1", name: "f", input: { a: turn.toolArgument } },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "c1", content: turn.toolResult }],
      },
    ],
  }),
  whole: ({ text, reasoning, tool }) => ({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5",
    content: [
      ...(reasoning ? [{ type: "thinking", thinking: joined(reasoning), signature: "s" }] : []),
      ...(text ? [{ type: "text", text: joined(text) }] : []),
      ...(tool
        ? [{ type: "tool_use", id: "c1", name: "f", input: JSON.parse(joined(tool)) as object }]
        : []),
    ],
    stop_reason: tool === undefined ? "end_turn" : "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 },
  }),
  stream({ text, reasoning, tool, ends = true }) {
    const usage = { input_tokens: 10, output_tokens: 1 };
    const message = { id: "msg_1", type: "message", role: "assistant", content: [], usage };
    const start = { ...message, model: "claude-sonnet-4-5", stop_reason: null };
    const events: Event[] = [{ type: "message_start", message: start }];
    let index = 0;
    const block = (begin: object, deltas: object[]): void => {
      const all: Event[] = [
        { type: "content_block_start", index, content_block: begin },
        ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
      ];
      events.push(...all);
      if (ends) events.push({ type: "content_block_stop", index });
      index += 1;
    };
    if (reasoning) {
      const deltas = reasoning.map((thinking) => ({ type: "thinking_delta", thinking }));
      block({ type: "thinking", thinking: "", signature: "" }, deltas);
    }
    if (text) {
      block(
        { type: "text", text: "" },
        text.map((part) => ({ type: "text_delta", text: part })),
      );
    }
    if (tool) {
      const deltas = tool.map((partial_json) => ({ type: "input_json_delta", partial_json }));
      block({ type: "tool_use", id: "c1", name: "f", input: {} }, deltas);
    }
    const delta = { stop_reason: tool === undefined ? "end_turn" : "tool_use" };
    const last = [
      { type: "message_delta", delta, usage: { output_tokens: 5 } },
      { type: "message_stop" },
    ];
    return [...events, ...(ends ? last : [])].map((event) => sse(event, event.type));
  },
  hear(wire) {
    const ear = listening();
    for (const body of bodiesOf(wire)) {
      for (const block of body["content"] ?? []) {
        ear.text(block["text"]);
        ear.thought(block["thinking"]);
        if (block["type"] === "tool_use") ear.heard.tools.push(block["input"]);
      }
      const delta = body["delta"];
      ear.text(delta?.["text"]);
      ear.thought(delta?.["thinking"]);
      ear.piece(delta?.["partial_json"]);
      ear.finish(delta?.["stop_reason"] ?? body["stop_reason"]);
    }
    return ear.tell();
  },
};

const google: DialectWire = {
  model: "gemini-2.5-flash",
  filtered: "SAFETY",
  hasFiles: true,
  path: (streams) =>
    `/v1beta/models/gemini-2.5-flash:${streams ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  ask: (turn) => ({
    systemInstruction: { parts: [{ text: turn.system }] },
    contents: [
      {
        role: "user",
        parts: [
          { text: turn.user },
          { inlineData: { mimeType: "text/plain", data: base64(turn.file) } },
        ],
      },
      {
        role: "model",
        parts: [
          { text: turn.reasoning, thought: true },
          { text: turn.assistant },
          { functionCall: { name: "f", args: { a: turn.toolArgument } } },
        ],
      },
      {
        role: "user",
        parts: [{ functionResponse: { name: "f", response: { r: turn.toolResult } } }],
      },
    ],
  }),
  whole: (spoken) => googleBody(googleParts(spoken), 5, "STOP"),
  stream(spoken) {
    const parts = googleParts(spoken);
    return parts.map((part, at) => {
      const isLast = at === parts.length - 1 && spoken.ends !== false;
      return sse(googleBody([part], isLast ? 5 : at + 1, isLast ? "STOP" : undefined));
    });
  },
  hear(wire) {
    const ear = listening();
    for (const body of bodiesOf(wire)) {
      const candidate = body["candidates"]?.[0];
      for (const part of candidate?.["content"]?.["parts"] ?? []) {
        if (part["thought"]) ear.thought(part["text"]);
        else ear.text(part["text"]);
        if (part["functionCall"]) ear.heard.tools.push(part["functionCall"]["args"]);
      }
      ear.finish(candidate?.["finishReason"]);
    }
    return ear.tell();
  },
};

function googleParts({ text = [], reasoning = [], tool }: Spoken): object[] {
  return [
    ...reasoning.map((part) => ({ text: part, thought: true })),
    ...text.map((part) => ({ text: part })),
    ...(tool ? [{ functionCall: { name: "f", args: JSON.parse(joined(tool)) as object } }] : []),
  ];
}

const googleBody = (parts: object[], tokens: number, finishReason?: string): object => ({
  candidates: [
    { index: 0, content: { role: "model", parts }, ...(finishReason && { finishReason }) },
  ],
  modelVersion: "gemini-2.5-flash",
  responseId: "r1",
  usageMetadata: {
    promptTokenCount: 10,
    candidatesTokenCount: tokens,
    totalTokenCount: 10 + tokens,
  },
});

const ollama: DialectWire = {
  model: "llama3.2",
  filtered: "content_filter",
  hasFiles: false,
  path: () => "/api/chat",
  ask: (turn, stream) => ({
    model: "llama3.2",
    stream,
    messages: [
      { role: "system", content: turn.system },
      { role: "user", content: turn.user },
      {
        role: "assistant",
        content: turn.assistant,
        thinking: turn.reasoning,
        tool_calls: [{ function: { name: "f", arguments: { a: turn.toolArgument } } }],
      },
      { role: "tool", tool_name: "f", content: turn.toolResult },
    ],
  }),
  whole: ({ text, reasoning, tool }) => ({
    ...ollamaLine({
      content: joined(text),
      ...(reasoning && { thinking: joined(reasoning) }),
      ...(tool && ollamaCalls(tool)),
    }),
    ...ollamaEnd,
  }),
  stream({ text = [], reasoning = [], tool, ends = true }) {
    const lines = [
      ...reasoning.map((thinking) => ollamaLine({ content: "", thinking })),
      ...text.map((content) => ollamaLine({ content })),
      ...(tool ? [ollamaLine({ content: "", ...ollamaCalls(tool) })] : []),
      ...(ends ? [{ ...ollamaLine({ content: "" }), ...ollamaEnd }] : []),
    ];
    return lines.map((line) => `${JSON.stringify(line)}\n`);
  },
  hear(wire) {
    const ear = listening();
    for (const body of bodiesOf(wire)) {
      const message = body["message"];
      ear.text(message?.["content"]);
      ear.thought(message?.["thinking"]);
      for (const call of message?.["tool_calls"] ?? []) {
        ear.heard.tools.push(call["function"]?.["arguments"]);
      }
      if (body["done"]) ear.finish(body["done_reason"]);
    }
    return ear.tell();
  },
};

const ollamaEnd = { done: true, done_reason: "stop", prompt_eval_count: 10, eval_count: 5 };
const ollamaLine = (message: object): object => ({
  model: "llama3.2",
  created_at: "2026-01-01T00:00:00Z",
  message: { role: "assistant", ...message },
  done: false,
});
const ollamaCalls = (tool: readonly string[]): object => ({
  tool_calls: [{ function: { name: "f", arguments: JSON.parse(joined(tool)) as object } }],
});

/** By the dialect's id. */
export const dialectWires: Readonly<Record<string, DialectWire>> = {
  "openai-chat": openAiChat,
  "openai-responses": responses,
  "anthropic-messages": anthropic,
  "google-generate": google,
  "ollama-chat": ollama,
};

/** A policy under which each dialect's model is asked of a provider that speaks it. */
export function everyDialectPolicy(url: string, more: object = {}): object {
  const tokens = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
  const models = { openai: "gpt-*", anthropic: "claude-*", google: "gemini-*", ollama: "llama*" };
  const names = Object.keys(models) as (keyof typeof models)[];
  const baseUrlOf = (kind: string): string => (kind === "openai" ? `${url}/v1` : url);
  return {
    schema: 1,
    providers: Object.fromEntries(names.map((kind) => [kind, { kind, baseUrl: baseUrlOf(kind) }])),
    tiers: {
      standard: {
        candidates: names.map((provider) => ({ provider, serves: [models[provider]] })),
      },
    },
    prices: Object.fromEntries(names.map((name) => [models[name], tokens])),
    ...more,
  };
}
