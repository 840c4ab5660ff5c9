/**
 * `cf-aig-dlp`: what data rules found, as Cloudflare's gateway tells it. Rules are its policies and
 * profiles, detectors its entries; never a text. Source: developers.cloudflare.com/ai-gateway.
 */
import type { Finding } from "#dlp/rule.ts";

/** A header's worth: several proxies refuse answers with more than 8 KiB of them. */
const findingsMax = 20;

/** The header, where there is something to tell. */
export function dlpHeader(
  findings: readonly Pick<Finding, "rule" | "detector" | "direction">[],
  action: "FLAG" | "BLOCK",
): Record<string, string> {
  if (findings.length === 0) return {};
  const told = findings.slice(0, findingsMax).map(({ rule, detector, direction }) => ({
    profile: { profile_id: rule, entry_ids: [detector] },
    policy_ids: [rule],
    check: direction === "prompt" ? "REQUEST" : "RESPONSE",
  }));
  return { "cf-aig-dlp": JSON.stringify({ findings: told, action }) };
}
