/**
 * What makes two requests the same. Whoever may not see an answer never computes its key: the
 * organisation, the caller's visibility and the policy version are part of it, a custom key is not
 * instead of them. Pure.
 */
import { createHmac } from "node:crypto";
import { canonicalJson } from "#events/canonical.ts";
import type { PolicyDocument } from "#policy/document.ts";
import type { JsonObject } from "#providers/types.ts";

/** Who asks for what, under which policy. */
export interface CacheSubject {
  organisation: string;
  member: string;
  team: string | undefined;
  scope: NonNullable<PolicyDocument["cache"]>["scope"];
  policyVersion: number;
  policyHash: string;
  tier: string;
  /** The route that took it: the same question may go elsewhere for its tags or headers. */
  route: string | undefined;
  action: string;
  dialect: string;
  /** How the answer is framed where a dialect has two ways. */
  framing: string;
  /** The provider that the address named. */
  provider: string | undefined;
  /** The credential that the caller named: another account may have other models. */
  credential?: string | undefined;
  model: string;
  stream: boolean;
  /** The redacted body, or the caller's own key in its place. */
  content: JsonObject | string;
}

/** The key of an entry, hex; without the deployment's secret nobody can make one. */
export function cacheKeyOf(secret: string, subject: CacheSubject): string {
  const { member, team, scope, ...rest } = subject;
  const visibility = {
    user: ["user", member],
    // Who has no team shares with nobody.
    team: team === undefined ? ["user", member] : ["team", team],
    organisation: ["organisation"],
  }[scope];
  const named = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const custom = typeof subject.content === "string";
  const text = canonicalJson({ ...named, custom, visibility });
  return createHmac("sha256", secret).update(`cache.v1.${text}`).digest("hex");
}
