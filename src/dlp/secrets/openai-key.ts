/** OpenAI API key. */
import { tokenDetector } from "../kit/token.ts";

export const openaiKey = tokenDetector({
  id: "openai-key",
  title: "OpenAI API key",
  groups: ["ai-keys"],
  prefixes: ["sk-"],
  extra: "_-",
  pattern:
    /^sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20,}|[A-Za-z0-9]{32,})(?![\w-])/,
});
