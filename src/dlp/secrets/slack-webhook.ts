/** Slack webhook URLs, also with their dots replaced as people do to defang a link. */
import { ALNUM } from "../kit/chars.ts";
import type { Detector } from "../kit/detector.ts";

const SHAPE = /^hooks.slack.com\/(?:services|workflows|triggers)\/[A-Za-z0-9+/]{32,64}/;

export const slackWebhook: Detector = {
  id: "slack-webhook",
  title: "Slack webhook URL",
  version: 1,
  groups: ["api-secrets"],
  evidence: "prefix, shape",
  prefilter: { kind: "literals", literals: ["hooks"] },
  maxLength: 96,
  validate(source, at) {
    if (!source.has(at, "hooks") || !source.opens(at)) return undefined;
    if (!source.has(at + 6, "slack") || !source.has(at + 12, "com/")) return undefined;
    const end = source.run(at + 15, ALNUM, at + 96, "+/");
    const match = SHAPE.exec(source.text.slice(at, end));
    if (match === null) return undefined;
    return { start: at, end: at + match[0].length, confidence: 0.95, why: ["prefix", "shape"] };
  },
};
