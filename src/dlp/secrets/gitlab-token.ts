/** GitLab token. */
import { tokenDetector } from "../kit/token.ts";

export const gitlabToken = tokenDetector({
  id: "gitlab-token",
  title: "GitLab token",
  prefixes: [
    "glpat-",
    "gldt-",
    "glft-",
    "glimt-",
    "glagent-",
    "gloas-",
    "glrt-",
    "glrtr-",
    "glsoat-",
    "glffct-",
    "glcbt-",
    "glptt-",
    "GR1348941",
    "_gitlab_session=",
  ],
  extra: "_-.=",
  pattern:
    /^(?:gl(?:pat|dt|ft|imt|agent|oas|rt|rtr|soat|ffct|cbt|ptt)-[A-Za-z0-9_-]{18,300}(?:\.[0-9a-z]{2}[0-9a-z]{7}|\.[0-9a-z.]{9,})?|GR1348941[A-Za-z0-9_-]{20,}|_gitlab_session=[0-9a-z]{32})(?![\w-])/,
});
