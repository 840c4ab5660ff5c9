/** `POST /setup`: an organisation begins, with its members, a key for each and a first policy. */
import { createHash, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import type { Env } from "#actors/kit/env.ts";
import { policyName } from "#actors/kit/names.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { readText } from "../body.ts";
import { refuse } from "./reply.ts";

/** Holds a policy of 256 KB and 500 members. */
const bodyBytesMax = 1024 * 1024;
/** Ledger actors of a new organisation: fixed for its life, plenty for thousands of requests/s. */
const ledgerShardsDefault = 8;

const Body = z.strictObject({
  organisation: z.string().max(64),
  members: z.unknown(),
  policy: z.unknown(),
  ledgerShards: z.int().min(1).max(256).default(ledgerShardsDefault),
});

/** Serves `POST /setup`, for whoever holds the deployment's secret. */
export async function handleSetup(request: Request, env: Env): Promise<Response> {
  if (request.method !== "POST") return refuse(405, "method_not_allowed", "Use POST.");
  if (!holdsSecret(request.headers.get("authorization"), env.TALLYGATE_SECRET)) {
    return refuse(401, "unauthenticated", "Send `authorization: Bearer <TALLYGATE_SECRET>`.");
  }
  // A body that breaks off is no JSON either.
  const text = await readText(request, bodyBytesMax).catch(() => "");
  if (text === undefined) {
    return refuse(413, "body_too_large", `The body has at most ${bodyBytesMax} bytes.`);
  }
  const body = Body.safeParse(tryParseJson(text));
  if (!body.success) {
    const problems = body.error.issues.map(({ path, message }) => ({
      path: path.join("."),
      message,
    }));
    const message = "The body is JSON: {organisation, members, policy}.";
    return refuse(400, "invalid_request", message, { problems });
  }
  const { organisation, members, policy, ledgerShards } = body.data;
  const stub = env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, organisation));
  const command = crypto.randomUUID();
  const at = Date.now();
  const found = { command, at, organisation, ledgerShards, members, policy };
  const reply = await stub.found(found);
  if (reply.ok) {
    return Response.json({ keys: reply.keys }, { headers: { "cache-control": "no-store" } });
  }
  const { code, message, problems } = reply;
  const more = problems === undefined ? {} : { problems };
  return code === "organisation_exists"
    ? refuse(409, code, message, more)
    : refuse(400, "invalid_request", message, more);
}

/** Compares hashes of equal length in constant time. An unset secret opens nothing. */
export function holdsSecret(authorization: string | null, secret: string | undefined): boolean {
  if (!secret || authorization === null) return false;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return false;
  return timingSafeEqual(digestOf(authorization.slice(7)), digestOf(secret));
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
