/**
 * `POST /admin/restore`: one actor of the organisation goes back to an earlier moment of its storage,
 * by an admin who names it twice. The order is in the record before anything happens, and what
 * became of it after.
 */
import * as z from "zod";
import type { Env } from "#actors/kit/env.ts";
import type { StreamHome } from "#actors/kit/home.ts";
import {
  budgetStream,
  ledgerName,
  ledgerNames,
  policyName,
  rateStream,
  userStream,
} from "#actors/kit/names.ts";
import type {
  RestorableApi,
  RestorePlan,
  RestorePoint,
  TakenBack,
} from "#actors/kit/point-in-time.ts";
import type { PolicyActorApi } from "#actors/policy/api.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { RestoreEnd } from "#events/restore-events.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { askActor } from "../actors.ts";
import { sentenceOf } from "../books/params.ts";
import { readRequestText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { currentPolicy } from "../policy-cache.ts";
import type { Reader } from "../record/reader.ts";
import { newRequestId } from "../request-id.ts";

/** A handful of names. */
const bodyBytesMax = 4_096;
/** How often an actor that restarts is asked to take back what its ledger has. */
const takeBackTriesMax = 3;
/** How far back the platform goes. */
const backMsMax = 30 * 24 * 60 * 60 * 1_000;
/** What the platform gives: hexadecimal groups and dashes. */
const Bookmark = z.string().regex(/^[0-9A-Za-z-]{8,200}$/, "a bookmark as the platform gave it");

export const RestoreRequest = z.strictObject({
  /** `policy`, `member:ID`, `budget:NAME:SCOPE`, `rate:NAME:SCOPE` or `ledger:N`. */
  actor: z.string().min(1).max(300),
  /** The same once more. */
  confirm: z.string().max(300),
  /** Which of a split member's actors, from 0. */
  shard: z.int().min(0).max(255).default(0),
  /** Where to: a time with its zone, or a bookmark. */
  to: z.union([
    z.strictObject({ time: z.iso.datetime({ offset: true }) }),
    z.strictObject({ bookmark: Bookmark }),
  ]),
  reason: z.string().max(200).default(""),
  /** Events that the ledger does not have yet may be lost. */
  loseUncollected: z.boolean().default(false),
});

/** One actor and the way to it. */
export interface RestoreTarget {
  /** The stream or the shard that it is. */
  name: string;
  home: StreamHome;
  /** A new stub each time: one that saw its actor restart is of no use. */
  open: () => RestorableApi;
}

/** What became of it, without the number of the order. */
type Outcome = Omit<RestoreEnd, "order" | "actor">;

/** Serves `POST /admin/restore`, for admins: `{order, actor, outcome, bookmark, undo, ...}`. */
export async function restoreActor({ c, principal }: Reader): Promise<Response> {
  const parsed = RestoreRequest.safeParse(
    tryParseJson(await readRequestText(c.req.raw, bodyBytesMax)),
  );
  if (!parsed.success) throw new GatewayError("invalid_request", sentenceOf(parsed.error));
  const { actor, confirm, shard, to, reason, loseUncollected } = parsed.data;
  if (confirm !== actor) {
    const message = `To put "${actor}" back, give its name twice, as \`actor\` and as \`confirm\`; nothing was done.`;
    throw new GatewayError("invalid_request", message);
  }
  const point = pointOf(to, Date.now());
  const { env } = c;
  const { organisation } = principal;
  const { snapshot } = await currentPolicy(env, c.executionCtx, organisation);
  const { document, ledgerShards } = snapshot;
  const target = targetOf(env, actor, { organisation, document, ledgerShards, shard });
  const openPolicy = (): PolicyActorApi =>
    env.POLICY.getByName(policyName(env.TALLYGATE_SECRET, organisation));
  const ordered = await askActor(
    () =>
      openPolicy().orderRestore(newRequestId(Date.now()), {
        actor,
        stream: target.name,
        ...("at" in point ? { to: point.at } : point),
        ...(loseUncollected ? { loseUncollected } : {}),
        reason,
        member: principal.member.id,
      }),
    1,
  );
  if (!ordered.ok) throw new GatewayError("invalid_request", ordered.message, { status: 409 });
  const { order } = ordered;
  const { outcome, refusal } = await putBack(target, { point, loseUncollected });
  await askActor(() => openPolicy().endRestore({ order, actor, ...outcome }));
  if (refusal !== undefined) throw new GatewayError(refusal.code, refusal.message);
  return c.json({ order, actor, ...outcome });
}

/** Has an actor go back, restart, and take back what its ledger has. Never throws. */
export async function putBack(
  { open, home }: RestoreTarget,
  command: { point: RestorePoint; loseUncollected: boolean },
): Promise<{ outcome: Outcome; refusal?: Extract<RestorePlan, { ok: false }> }> {
  const plan = await open().planRestore(command).catch(unreachable);
  if (!plan.ok) return { outcome: { outcome: "refused", code: plan.code }, refusal: plan };
  const { bookmark, undo, seq: beforeSeq } = plan;
  // It answers by being gone.
  await open()
    .restartRestored()
    .catch(() => {});
  const went = { bookmark, undo, beforeSeq };
  const back = await takeBack(open, home);
  if (back === undefined) return { outcome: { outcome: "unconfirmed", ...went } };
  return { outcome: { outcome: "restored", ...went, ...back } };
}

async function takeBack(
  open: RestoreTarget["open"],
  home: StreamHome,
): Promise<TakenBack | undefined> {
  for (let tries = 0; tries < takeBackTriesMax; tries += 1) {
    const back = await open()
      .takeBack(home)
      .catch(() => undefined);
    if (back !== undefined) return { restoredSeq: back.restoredSeq, seq: back.seq };
  }
  return undefined;
}

function unreachable(): RestorePlan {
  const message = "The actor cannot be reached; it stays where it is. Try again in a moment.";
  return { ok: false, code: "actor_unavailable", message };
}

function pointOf(to: z.output<typeof RestoreRequest>["to"], now: number): RestorePoint {
  if ("bookmark" in to) return to;
  const at = Date.parse(to.time);
  if (at < now && at > now - backMsMax) return { at };
  throw new GatewayError("invalid_request", "The time is in the past, by 30 days at most.");
}

interface Place {
  organisation: string;
  document: PolicyDocument;
  ledgerShards: number;
  shard: number;
}

/** The actor that a name means; refuses names of none. */
export function targetOf(env: Env, actor: string, place: Place): RestoreTarget {
  const { organisation, document, ledgerShards, shard } = place;
  const { TALLYGATE_SECRET: secret } = env;
  const [, kind = "", name = "", scope = ""] =
    /^([a-z]+)(?::([^:]+))?(?::(.+))?$/.exec(actor) ?? [];
  const inStream = (
    stream: string,
    namespace: { getByName(name: string): unknown },
  ): RestoreTarget => ({
    name: stream,
    home: { organisation, stream, ledger: ledgerName(secret, organisation, stream, ledgerShards) },
    open: () => namespace.getByName(stream) as RestorableApi,
  });
  const id = actor.slice(kind.length + 1);
  const limit = document.limits.find((rule) => rule.name === name);
  const hasBudget = document.budgets.some((rule) => rule.name === name);
  const isShared = /^(organisation|(team|route):.+)$/.test(scope);
  switch (kind) {
    case "policy":
      if (id === "") return inStream(policyName(secret, organisation), env.POLICY);
      break;
    case "member":
      if (id !== "") return inStream(userStream(secret, organisation, id, shard), env.USERS);
      break;
    case "budget":
      if (hasBudget && isShared) {
        return inStream(budgetStream(secret, organisation, name, scope), env.BUDGETS);
      }
      break;
    case "rate":
      if (limit !== undefined && isShared) {
        const { metric } = limit;
        return inStream(rateStream(secret, organisation, { name, scope, metric }), env.BUDGETS);
      }
      break;
    case "ledger":
      if (/^\d{1,3}$/.test(id) && Number(id) < ledgerShards) {
        return ledgerTarget(env, organisation, Number(id), ledgerShards);
      }
      break;
  }
  const message =
    "There is no such actor. `actor` is policy, member:ID, budget:NAME:SCOPE, rate:NAME:SCOPE or ledger:N; SCOPE is organisation, team:NAME or route:NAME, as in the policy.";
  throw new GatewayError("invalid_request", message);
}

function ledgerTarget(
  env: Env,
  organisation: string,
  n: number,
  ledgerShards: number,
): RestoreTarget {
  const name = ledgerNames(env.TALLYGATE_SECRET, organisation, ledgerShards)[n] ?? "";
  return {
    name,
    home: { organisation, stream: name, ledger: name },
    open: () => env.LEDGER.getByName(name),
  };
}
