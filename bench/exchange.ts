/** The one question and the one answer of the benchmark, whole and as a stream. */
const answer =
  "The quick brown fox jumps over the lazy dog, and the ledger says what it cost: nothing was lost, nothing was counted twice.";

/** What the upstream answers: about 600 bytes, as OpenAI would. */
export const completion = JSON.stringify({
  id: "chatcmpl-bench0000000000000000000000",
  object: "chat.completion",
  created: 1_790_000_000,
  model: "gpt-4o-mini",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: answer, refusal: null },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 84, completion_tokens: 27, total_tokens: 111 },
  system_fingerprint: "fp_bench",
});

export const chunkGapMs = 5;
const words = Array.from({ length: 20 }, (_, n) => `word${n} `);

const event = (delta: object, finish: string | null, usage?: object): string =>
  `data: ${JSON.stringify({
    id: "chatcmpl-bench0000000000000000000000",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "gpt-4o-mini",
    choices: usage ? [] : [{ index: 0, delta, finish_reason: finish }],
    ...(usage ? { usage } : {}),
  })}\n\n`;

/** The stream, one event for each chunk on the wire. */
export const chunks: readonly string[] = [
  ...words.map((content, n) => event(n === 0 ? { role: "assistant", content } : { content }, null)),
  event({}, "stop"),
  event({}, null, { prompt_tokens: 84, completion_tokens: 20, total_tokens: 104 }),
  "data: [DONE]\n\n",
];

const prompt =
  "Write one sentence about a fox, a dog and a ledger. Keep it short, plain and true; do not mention any person, place or date. ".repeat(
    3,
  );

/** What the caller asks: about 530 bytes. */
export const question = (isStream: boolean): string =>
  JSON.stringify({
    model: "gpt-4o-mini",
    messages: [
      { role: "system", content: "You are brief." },
      { role: "user", content: prompt },
    ],
    max_tokens: 100,
    ...(isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
  });

/** Whether a body is that answer, however it was encoded again on the way. */
export function isAnswer(body: Buffer): boolean {
  return body.includes(answer) && body.includes('"total_tokens"');
}

/** Whether the text of a stream has every word in order and the end. */
export function isStreamAnswer(body: string): boolean {
  let at = 0;
  for (const word of [...words, "[DONE]"]) {
    at = body.indexOf(word, at);
    if (at < 0) return false;
    at += word.length;
  }
  return true;
}
