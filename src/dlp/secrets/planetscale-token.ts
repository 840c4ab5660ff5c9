/** PlanetScale token. */
import { tokenDetector } from "../kit/token.ts";

export const planetscaleToken = tokenDetector({
  id: "planetscale-token",
  title: "PlanetScale token",
  prefixes: ["pscale_tkn_", "pscale_oauth_", "pscale_pw_"],
  extra: "_-.=",
  pattern: /^pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_=.-]{32,64}(?![\w-])/,
  maxLength: 120,
});
