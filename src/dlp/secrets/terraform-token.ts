/** HashiCorp Terraform API token. */
import { tokenDetector } from "../kit/token.ts";

export const terraformToken = tokenDetector({
  id: "terraform-token",
  title: "HashiCorp Terraform API token",
  prefixes: [".atlasv1."],
  extra: "_-.=",
  pattern: /^[a-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}(?![\w-])/,
  back: 20,
  backMin: 14,
  maxLength: 100,
});
