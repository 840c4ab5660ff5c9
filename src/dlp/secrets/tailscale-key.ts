/** Tailscale key. */
import { tokenDetector } from "../kit/token.ts";

export const tailscaleKey = tokenDetector({
  id: "tailscale-key",
  title: "Tailscale key",
  prefixes: ["tskey-"],
  extra: "_-",
  pattern: /^tskey-[a-z]{3,12}-[A-Za-z0-9]{8,24}(?:CNTRL)?-[A-Za-z0-9]{16,64}(?!\w)/,
});
