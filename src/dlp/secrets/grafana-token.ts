/** Grafana token. */
import { tokenDetector } from "../kit/token.ts";

export const grafanaToken = tokenDetector({
  id: "grafana-token",
  title: "Grafana token",
  prefixes: ["glc_", "glsa_", "eyJrIjoi"],
  extra: "_+/=",
  pattern:
    /^(?:glc_[A-Za-z0-9+/]{32,400}={0,3}|glsa_[A-Za-z0-9]{32,40}_[A-Za-z0-9]{8}(?!\w)|eyJrIjoi[A-Za-z0-9]{60,400}={0,3})/,
});
