/** AWS access key id. */
import { tokenDetector } from "../kit/token.ts";

export const awsAccessKey = tokenDetector({
  id: "aws-access-key",
  title: "AWS access key id",
  groups: ["aws"],
  prefixes: ["A3T", "AKIA", "ASIA", "ABIA", "ACCA", "AROA"],
  extra: "_",
  pattern: /^(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AROA)[A-Z0-9]{16}(?![\w])/,
});
