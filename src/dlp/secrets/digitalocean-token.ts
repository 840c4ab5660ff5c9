/** DigitalOcean token. */
import { tokenDetector } from "../kit/token.ts";

export const digitaloceanToken = tokenDetector({
  id: "digitalocean-token",
  title: "DigitalOcean token",
  prefixes: ["dop_v1_", "doo_v1_", "dor_v1_"],
  extra: "_",
  pattern: /^do[opr]_v1_[a-f0-9]{64}(?!\w)/,
});
