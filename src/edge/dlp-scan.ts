/** `POST /dlp/scan`: an admin tries a text against rules, before any of it is policy. */
import * as z from "zod";
import type { Env } from "#actors/kit/env.ts";
import { checkRules, compileDlp, patternCostsOf } from "#dlp/program.ts";
import { redactText } from "#dlp/redact.ts";
import type { Finding } from "#dlp/rule.ts";
import { scanText as scan, type Match } from "#dlp/scan.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { PolicyDocument } from "#policy/document.ts";
import type { Principal } from "#policy/snapshot.ts";
import { recordAccess } from "./access.ts";
import { readRequestText } from "./body.ts";
import { GatewayError } from "./errors.ts";
import { currentPolicy } from "./policy-cache.ts";

const scanBytesMax = 1024 * 1024;

export const ScanRequest = z.strictObject({
  text: z.string().max(256 * 1024),
  direction: z.enum(["prompt", "answer"]).default("prompt"),
  channel: z
    .enum(["system", "user", "assistant", "tool-arguments", "tool-results", "reasoning", "file"])
    .default("user"),
  /** Draft rules; those in force when absent, so the document's own default must not step in. */
  rules: PolicyDocument.shape.dlp.unwrap().shape.rules.removeDefault().optional(),
});

/** What is answered. */
export interface ScanAnswer {
  /** What was found, place by place, whether or not a rule does something about it. */
  matches: Match[];
  redacted: string;
  /** By rule, as an event would have them. */
  findings: Finding[];
  /** The rule that would block the call. */
  blockedBy: string | null;
  /** What the rules' own patterns cost, by rule. */
  patternCosts: ReturnType<typeof patternCostsOf>;
}

/** Answers with what would be found and what would be left of the text. The text is not kept. */
export async function scanText(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  principal: Principal,
): Promise<Response> {
  if (principal.member.role === "member") {
    throw new GatewayError("forbidden", "Only admins and auditors may try texts against rules.");
  }
  const parsed = ScanRequest.safeParse(tryParseJson(await readRequestText(request, scanBytesMax)));
  if (!parsed.success) {
    throw new GatewayError("invalid_request", "The body is not a scan request.", {
      problems: parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
    });
  }
  const { text, direction, channel, rules } = parsed.data;
  const problems = rules === undefined ? [] : checkRules(rules);
  if (problems.length > 0) {
    throw new GatewayError("invalid_request", "The rules cannot be used.", { problems });
  }
  await recordAccess(request, env, principal, "dlp.scan", rules === undefined ? "live" : "draft");
  const program =
    rules === undefined
      ? (await currentPolicy(env, ctx, principal.organisation)).dlp
      : compileDlp(rules);
  const where = { direction, channel };
  const { text: redacted, findings, blockedBy } = redactText(program, text, where);
  const matches = scan(program, text, where);
  // What a version's event would say of own patterns, before there is a version.
  const patternCosts = patternCostsOf(program.rules);
  const answer: ScanAnswer = {
    matches,
    redacted,
    findings,
    blockedBy: blockedBy ?? null,
    patternCosts,
  };
  return Response.json(answer);
}
