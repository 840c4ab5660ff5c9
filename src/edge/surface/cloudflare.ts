/**
 * Cloudflare AI Gateway's address forms: whose account an address names, and refusals in its
 * envelope with its codes. Source: developers.cloudflare.com/ai-gateway.
 */
import type { PolicyDocument } from "#policy/document.ts";
import { GatewayError, type GatewayCode } from "../errors.ts";
import type { Target } from "./addresses.ts";

/** Cloudflare's code for one of ours, and its status where that differs. */
const CODES: Partial<Record<GatewayCode, { code: number; status?: number }>> = {
  unauthenticated: { code: 2009 },
  key_revoked: { code: 2009 },
  not_found: { code: 2001, status: 400 },
  provider_not_configured: { code: 2008, status: 400 },
  invalid_request: { code: 2019 },
  invalid_json: { code: 2019 },
  guard_blocked: { code: 2016, status: 424 },
  dlp_blocked: { code: 2029 },
  // Spend limits are 429 there; SDKs still do not try again, as the header says.
  budget_exceeded: { code: 2003, status: 429 },
  rate_limited: { code: 2003 },
  token_rate_limited: { code: 2003 },
  spend_rate_limited: { code: 2003 },
  concurrency_limited: { code: 2003 },
};

/** The code of an answer that was blocked, where `dlp_blocked` on a prompt is 2029. */
const ANSWER_BLOCKED = 2030;

/** A refusal as Cloudflare's clients read it; `undefined` for what its providers say themselves. */
export function cloudflareRefusal(
  error: GatewayError,
  message: string,
  answered: boolean,
): { status: number; body: object } | undefined {
  const known = CODES[error.code];
  if (known === undefined) return undefined;
  const code = answered && error.code === "dlp_blocked" ? ANSWER_BLOCKED : known.code;
  const entry = { code, message };
  return {
    status: known.status ?? error.status,
    body: {
      success: false,
      result: [],
      messages: [],
      error: [entry],
      errors: [entry],
      name: "AiGatewayError",
      internalCode: code,
    },
  };
}

/**
 * Throws unless the address names the caller's own organisation, or a name that policy gives it.
 * `named` is the gateway of a header, for addresses that name none.
 */
export function requireAccount(
  target: Target,
  organisation: string,
  document: PolicyDocument,
  named?: string | null,
): void {
  const { cloudflare } = target;
  if (cloudflare === undefined) return;
  const { accounts, gateways } = document.cloudflare ?? { accounts: [], gateways: undefined };
  const { account } = cloudflare;
  const gateway = cloudflare.gateway ?? named ?? undefined;
  const known = account === organisation || accounts.includes(account ?? "");
  const open = gateway === undefined || gateways === undefined || gateways.includes(gateway);
  if (known && open) return;
  throw new GatewayError(
    "not_found",
    "Please configure AI Gateway: the account or gateway in this address is not your organisation's. An admin can name it in the policy under `cloudflare`.",
  );
}
