/** Cloudflare token or origin key. */
import { tokenDetector } from "../kit/token.ts";

export const cloudflareToken = tokenDetector({
  id: "cloudflare-token",
  title: "Cloudflare token or origin key",
  prefixes: ["v1.0-", "cfat_", "cfut_", "cfk_"],
  extra: "_-.",
  pattern: /^(?:v1\.0-[a-f0-9]{24}-[a-f0-9]{146}|cf(?:at|ut|k)_[A-Za-z0-9_-]{30,80})(?![\w-])/,
});
