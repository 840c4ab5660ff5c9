/** Hugging Face token. */
import { tokenDetector } from "../kit/token.ts";

export const huggingfaceToken = tokenDetector({
  id: "huggingface-token",
  title: "Hugging Face token",
  groups: ["ai-keys"],
  prefixes: ["hf_", "api_org_"],
  extra: "_-",
  pattern: /^(?:hf_|api_org_)[A-Za-z0-9]{30,40}(?!\w)/,
});
