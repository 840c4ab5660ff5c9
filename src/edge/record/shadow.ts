/** `GET /policy/shadow`: what the draft in the shadow would have decided otherwise, so far. */
import * as z from "zod";
import { policyName } from "#actors/kit/names.ts";
import {
  addShadow,
  shadowClasses,
  shadowColumns,
  type ShadowRow,
  type ShadowSums,
} from "#projections/shadow.ts";
import { askActor } from "../actors.ts";
import type { Reader } from "./reader.ts";

/** `draft` names one that has ended; without it, it is the one that runs. */
export const ShadowParams = z.strictObject({
  draft: z.coerce.number().int().min(1).max(1_000_000_000).exactOptional(),
});

/** Rules and members in one answer: a list that people read. */
const shownMax = 200;

/**
 * `{shadow, draft, total, rules, users, answers}`, `answers` with `total` and `rules` of its own; sums
 * are all zero where nothing was decided yet.
 */
export async function showShadow(
  { c, principal, shards }: Reader,
  params: z.output<typeof ShadowParams>,
): Promise<Response> {
  const policy = c.env.POLICY.getByName(policyName(c.env.TALLYGATE_SECRET, principal.organisation));
  const running = await askActor(() => policy.shadow());
  const draft = params.draft ?? running?.draft ?? 0;
  const lists = await Promise.all(shards.map(({ ledger }) => ledger.shadow(draft)));
  const rows = merge(lists.flat());
  const all = rows.find(({ kind }) => kind === "all");
  return c.json({
    shadow: running,
    draft: draft === 0 ? null : draft,
    total: sumsOf(all),
    rules: listOf(rows, "rule"),
    users: listOf(rows, "user"),
    answers: {
      total: sumsOf(rows.find(({ kind }) => kind === "answers")),
      rules: listOf(rows, "answer-rule"),
    },
  });
}

function merge(rows: readonly ShadowRow[]): ShadowRow[] {
  const merged = new Map<string, ShadowRow>();
  for (const row of rows) {
    const key = `${row.kind} ${row.name}`;
    merged.set(key, addShadow(merged.get(key), row));
  }
  return [...merged.values()];
}

function sumsOf(row: ShadowRow | undefined): ShadowSums {
  const sums = shadowColumns.map((column) => [column, row?.sums[column] ?? 0] as const);
  return Object.fromEntries(sums) as ShadowSums;
}

/** Those with something that differs, most first. */
function listOf(rows: readonly ShadowRow[], of: ShadowRow["kind"]) {
  return rows
    .filter(({ kind }) => kind === of)
    .map((row) => ({ name: row.name, ...sumsOf(row) }))
    .filter((sums) => differing(sums) > 0)
    .sort((a, b) => differing(b) - differing(a) || (a.name < b.name ? -1 : 1))
    .slice(0, shownMax);
}

function differing(sums: ShadowSums): number {
  return shadowClasses.reduce((sum, name) => sum + sums[name], 0);
}
