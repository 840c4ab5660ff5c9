/** Every bound of this room, with its reason. */

/** Characters of one stream event: a provider's longest known event is a whole answer (Gemini). */
export const WIRE_EVENT_CHARS_MAX = 8 * 1024 * 1024;

/** Messages in one request: longer than any context window can hold at a few tokens each. */
export const MESSAGES_MAX = 100_000;

/** Tools in one request: providers take 128 to a few hundred. */
export const TOOLS_MAX = 2048;

/** Answers per request (`n`): OpenAI's own maximum. */
export const CHOICES_MAX = 128;

/** Nesting of structured values that is walked for text: deeper ones are refused by providers. */
export const JSON_DEPTH_MAX = 64;

/** Characters of a provider's error message that are passed on. */
export const ERROR_MESSAGE_CHARS_MAX = 2000;

/** The longest wait a provider may ask for; more is as good as a refusal. */
export const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1000;

/** Inputs of one embeddings request: OpenAI's own maximum. */
export const EMBEDDING_INPUTS_MAX = 2048;
