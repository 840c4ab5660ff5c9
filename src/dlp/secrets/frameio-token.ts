/** Frame.io API token. */
import { tokenDetector } from "../kit/token.ts";

export const frameioToken = tokenDetector({
  id: "frameio-token",
  title: "Frame.io API token",
  prefixes: ["fio-u-"],
  extra: "_-=",
  pattern: /^fio-u-[A-Za-z0-9_=-]{64}(?![\w-])/,
  maxLength: 100,
});
