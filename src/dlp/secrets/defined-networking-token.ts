/** Defined Networking token. */
import { tokenDetector } from "../kit/token.ts";

export const definedNetworkingToken = tokenDetector({
  id: "defined-networking-token",
  title: "Defined Networking token",
  prefixes: ["dnkey-"],
  extra: "_-=",
  pattern: /^dnkey-[A-Za-z0-9_=-]{26}-[A-Za-z0-9_=-]{52}(?![\w-])/,
  maxLength: 120,
});
