/** SettleMint access token. */
import { tokenDetector } from "../kit/token.ts";

export const settlemintToken = tokenDetector({
  id: "settlemint-token",
  title: "SettleMint access token",
  prefixes: ["sm_aat_", "sm_pat_", "sm_sat_"],
  extra: "_",
  pattern: /^sm_[aps]at_[A-Za-z0-9]{16}(?!\w)/,
});
