/** AWS secret access keys: forty base64 characters under a name that says so. */
import { readAssignment, valueOf } from "../kit/assignment.ts";
import type { Detector } from "../kit/detector.ts";
import { tellByWords } from "../kit/names.ts";
import { entropy, isPlaceholder } from "../kit/placeholder.ts";

const NAME = /aws.{0,24}(?:secret|key)|secret.{0,3}access.{0,3}key|secretaccesskey/;
tellByWords(["secret", "key"]);
const LENGTH = 40;

export const awsSecret: Detector = {
  id: "aws-secret",
  title: "AWS secret access key",
  version: 2,
  groups: ["api-secrets", "aws"],
  evidence: "name, shape, entropy",
  prefilter: { kind: "assignment" },
  maxLength: 40,
  validate(source, at) {
    const found = readAssignment(source, at);
    if (found === undefined || found.end - found.start !== LENGTH || !NAME.test(found.name.slice()))
      return undefined;
    const { start, end } = found;
    const { codes } = source;
    if (!/^[A-Za-z0-9/+]+$/.test(valueOf(source, found)) || isPlaceholder(source, start, end))
      return undefined;
    if (entropy(codes, start, end) < 3.5) return undefined;
    return { start, end, confidence: 0.9, why: ["name", "shape", "entropy"] };
  },
};
