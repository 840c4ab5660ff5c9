/** Pulumi access token. */
import { tokenDetector } from "../kit/token.ts";

export const pulumiToken = tokenDetector({
  id: "pulumi-token",
  title: "Pulumi access token",
  prefixes: ["pul-"],
  extra: "_-",
  pattern: /^pul-[a-f0-9]{40}(?!\w)/,
});
