/** HashiCorp Vault token. */
import { tokenDetector } from "../kit/token.ts";

export const vaultToken = tokenDetector({
  id: "vault-token",
  title: "HashiCorp Vault token",
  prefixes: ["hvs.", "hvb.", "hvr.", "s."],
  extra: "_-.",
  pattern: /^(?:hv[sbr]\.[A-Za-z0-9_-]{60,300}|s\.(?=[A-Za-z]*\d)[A-Za-z0-9]{24}(?!\w))/,
});
