/** RubyGems API key. */
import { tokenDetector } from "../kit/token.ts";

export const rubygemsToken = tokenDetector({
  id: "rubygems-token",
  title: "RubyGems API key",
  prefixes: ["rubygems_"],
  extra: "_",
  pattern: /^rubygems_[a-f0-9]{48}(?!\w)/,
});
