/** Vercel token. */
import { tokenDetector } from "../kit/token.ts";

export const vercelToken = tokenDetector({
  id: "vercel-token",
  title: "Vercel token",
  prefixes: ["vca_", "vcr_", "vck_", "vcp_", "vci_"],
  extra: "_",
  pattern: /^vc[a-z]_[A-Za-z0-9]{24,64}(?!\w)/,
});
