/** Artifactory token. */
import { tokenDetector } from "../kit/token.ts";

export const artifactoryToken = tokenDetector({
  id: "artifactory-token",
  title: "Artifactory token",
  prefixes: ["AKCp", "cmVmd"],
  extra: "_",
  pattern: /^(?:AKCp[A-Za-z0-9]{69}|cmVmd[A-Za-z0-9]{59})(?!\w)/,
});
