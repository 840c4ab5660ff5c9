/** Alibaba access key id. */
import { tokenDetector } from "../kit/token.ts";

export const alibabaKey = tokenDetector({
  id: "alibaba-key",
  title: "Alibaba access key id",
  prefixes: ["LTAI"],
  extra: "_",
  pattern: /^LTAI[A-Za-z0-9]{17,21}(?!\w)/,
});
