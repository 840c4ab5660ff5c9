/** GitHub token. */
import { tokenDetector } from "../kit/token.ts";

export const githubToken = tokenDetector({
  id: "github-token",
  title: "GitHub token",
  prefixes: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
  extra: "_",
  pattern: /^(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})(?!\w)/,
});
