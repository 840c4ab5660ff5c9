/** Named filters of the audit list, an organisation's own: listed, kept, forgotten. */
import * as z from "zod";
import { policyName } from "#actors/kit/names.ts";
import type { ViewAnswer } from "#actors/policy/api.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { AuditFilterSchema } from "#projections/filter-schema.ts";
import { askActor } from "../actors.ts";
import { sentenceOf } from "../books/params.ts";
import { readRequestText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { newRequestId } from "../request-id.ts";
import type { Reader, RecordContext } from "./reader.ts";

/** A filter is a handful of names. */
const bodyBytesMax = 8_192;

/** What a view holds: the list's filter, and how far back from now it looks, at most ten years. */
export const SavedView = z.strictObject({
  filter: AuditFilterSchema,
  lastMs: z.int().min(1).max(315_360_000_000).exactOptional(),
});

/** The name in the address. */
export function viewNamed(c: RecordContext): string {
  const name = (c.req.param("name") ?? "").trim();
  if (name !== "" && name.length <= 100 && !/\p{Cc}/u.test(name)) return name;
  throw new GatewayError("invalid_request", "A view's name has 1 to 100 characters in one line.");
}

/** `{views: [{name, filter, lastMs?, member, at}]}`, by name. */
export async function listViews({ c, principal }: Reader): Promise<Response> {
  const views = await askActor(() => policyOf(c, principal.organisation).savedViews());
  return c.json({ views });
}

/** Keeps a view, in place of one of that name. */
export async function putView({ c, principal }: Reader): Promise<Response> {
  const body = tryParseJson(await readRequestText(c.req.raw, bodyBytesMax));
  const parsed = SavedView.safeParse(body);
  if (!parsed.success) throw new GatewayError("invalid_request", sentenceOf(parsed.error));
  const { filter, lastMs } = parsed.data;
  const view = { name: viewNamed(c), filter, ...(lastMs === undefined ? {} : { lastMs }) };
  return answer(c, principal, { view });
}

export async function deleteView({ c, principal }: Reader): Promise<Response> {
  return answer(c, principal, { name: viewNamed(c) });
}

async function answer(
  c: RecordContext,
  { organisation, member: { id: member } }: Reader["principal"],
  change: { view: { name: string } & z.output<typeof SavedView> } | { name: string },
): Promise<Response> {
  const command = newRequestId(Date.now());
  const policy = policyOf(c, organisation);
  const reply = await askActor(
    () => policy.changeView({ command, member, ...change }) as Promise<ViewAnswer>,
  );
  if (reply.ok) return c.json({ views: reply.views });
  const code = reply.code === "view_not_found" ? "not_found" : "invalid_request";
  throw new GatewayError(code, reply.message);
}

function policyOf({ env }: RecordContext, organisation: string) {
  return env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, organisation));
}
