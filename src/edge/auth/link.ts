/**
 * One-time links into the console: a signed token that names a member, good for ten minutes and for
 * one use. That it is used once is kept by the member's PolicyActor, so it holds over isolates,
 * restarts and time. The token stands in the address's fragment, which no server log sees.
 */
import * as z from "zod";
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { Principal } from "#policy/snapshot.ts";
import { holdsSecret } from "../admin/setup.ts";
import { readRequestText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { openValue, sealValue } from "./signed.ts";

/** Where the console trades a link's token for a session. */
export const LINK_PATH = "/session/link";
/** Long enough to walk to a browser, short enough to be worth little in a scrollback. */
export const linkMs = 10 * 60 * 1000;
const bodyBytesMax = 4_096;

const LinkToken = z.strictObject({
  id: z.string().min(1).max(64),
  organisation: z.string(),
  member: z.string(),
  expiresAt: z.int(),
});

const LinkRequest = z.strictObject({
  organisation: z.string().min(1).max(64),
  member: z.string().min(1).max(200),
});

/** Serves `POST /session/link`, for whoever holds the deployment's secret: `{url, expiresAt}`. */
export async function makeLink(request: Request, env: Env): Promise<Response> {
  if (!holdsSecret(request.headers.get("authorization"), env.TALLYGATE_SECRET)) {
    throw new GatewayError("unauthenticated", "Send `authorization: Bearer <TALLYGATE_SECRET>`.");
  }
  const body = LinkRequest.safeParse(tryParseJson(await readRequestText(request, bodyBytesMax)));
  if (!body.success) {
    throw new GatewayError("invalid_request", "The body is JSON: {organisation, member}.");
  }
  const { organisation, member } = body.data;
  if ((await policyOf(env, organisation).lookUpMember(member)) === null) {
    throw new GatewayError("not_found", "There is no such member of such an organisation.");
  }
  const expiresAt = Date.now() + linkMs;
  const token = { id: crypto.randomUUID(), organisation, member, expiresAt };
  const url = new URL(LINK_PATH, request.url);
  url.hash = sealValue(env.TALLYGATE_SECRET, "link", token);
  return Response.json({ url: url.href, expiresAt }, { headers: { "cache-control": "no-store" } });
}

/** Spends a link's token; throws `unauthenticated` when it was spent, is over, or is none. */
export async function spendLink(text: string, env: Env, at: number): Promise<Principal> {
  const token = openValue(env.TALLYGATE_SECRET, "link", text, LinkToken);
  if (token !== undefined && token.expiresAt > at) {
    const policy = policyOf(env, token.organisation);
    const principal = await policy.lookUpMember(token.member);
    if (principal !== null && (await policy.spendLink(token.id, token.expiresAt))) return principal;
  }
  throw new GatewayError(
    "unauthenticated",
    "This link was used before or is older than ten minutes. Ask for a new one, or sign in with a key.",
  );
}

function policyOf(env: Env, organisation: string) {
  return env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, organisation));
}
