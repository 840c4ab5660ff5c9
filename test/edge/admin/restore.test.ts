/** The order in which an actor is put back, and which actor a name means. */
import { expect, test } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import type { RestorableApi } from "#actors/kit/point-in-time.ts";
import { putBack, targetOf } from "#edge/admin/restore.ts";
import { samplePolicy } from "../../policy/sample.ts";
import { validatePolicy } from "#policy/validate.ts";
import { knownFeatures } from "#actors/policy/known.ts";

const home = { organisation: "acme", stream: "u_1", ledger: "l_1" };
const command = { point: { at: 1 }, loseUncollected: false };
const plan = { ok: true, bookmark: "b", undo: "u", seq: 9 } as const;

/** An actor that notes what it is asked; each call on a stub of its own. */
function actor(over: Partial<RestorableApi> = {}) {
  const asked: string[] = [];
  let stubs = 0;
  const noting =
    <A extends unknown[], R>(name: string, answer: (...args: A) => Promise<R>) =>
    (...args: A) => {
      asked.push(name);
      return answer(...args);
    };
  const api: RestorableApi = {
    planRestore: () => Promise.resolve(plan),
    restartRestored: () => Promise.reject(new Error("the actor is gone")),
    takeBack: () => Promise.resolve({ restoredSeq: 4, seq: 9 }),
    ...over,
  };
  const open = (): RestorableApi => {
    stubs += 1;
    return {
      planRestore: noting("plan", (given) => api.planRestore(given)),
      restartRestored: noting("restart", () => api.restartRestored()),
      takeBack: noting("take back", (given) => api.takeBack(given)),
    };
  };
  return { target: { name: "u_1", home, open }, asked, stubs: () => stubs };
}

test("an actor plans, restarts and takes back what its ledger has, each on a new stub", async () => {
  const { target, asked, stubs } = actor();
  expect(await putBack(target, command)).toEqual({
    outcome: {
      outcome: "restored",
      bookmark: "b",
      undo: "u",
      beforeSeq: 9,
      restoredSeq: 4,
      seq: 9,
    },
  });
  expect(asked).toEqual(["plan", "restart", "take back"]);
  expect(stubs()).toBe(3);
});

test("one that refuses its plan is not restarted", async () => {
  const refusal = { ok: false, code: "restore_unavailable", message: "not here" } as const;
  const { target, asked } = actor({ planRestore: () => Promise.resolve(refusal) });
  expect(await putBack(target, command)).toEqual({
    outcome: { outcome: "refused", code: "restore_unavailable" },
    refusal,
  });
  expect(asked).toEqual(["plan"]);
});

const gone = () => Promise.reject(new Error("gone"));

test("one that cannot be reached stays where it is, and one that does not come back is told as unconfirmed", async () => {
  const { target } = actor({ planRestore: gone });
  expect(await putBack(target, command)).toMatchObject({ refusal: { code: "actor_unavailable" } });
  const lost = actor({ takeBack: gone });
  expect((await putBack(lost.target, command)).outcome).toMatchObject({ outcome: "unconfirmed" });
  expect(lost.asked.filter((name) => name === "take back")).toHaveLength(3);
});

const names = (of: string) => ({ getByName: (name: string) => ({ of, name }) });
const env = {
  TALLYGATE_SECRET: "a secret for tests",
  USERS: names("user"),
  BUDGETS: names("budget"),
  POLICY: names("policy"),
  LEDGER: names("ledger"),
} as unknown as Env;

function place() {
  const policy = {
    ...samplePolicy(),
    limits: [{ name: "rpm", metric: "requests", windowMs: 60_000, limit: 5, scope: "team" }],
    budgets: [{ name: "month", limitUsd: 5, period: "month", scope: "team" }],
  };
  const checked = validatePolicy(policy, knownFeatures(true));
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return { organisation: "acme", document: checked.document, ledgerShards: 4, shard: 0 };
}

test.each([
  ["policy", "policy", /^p_/],
  ["member:alice", "user", /^u_/],
  ["member:a:b", "user", /^u_/],
  ["budget:month:team:red", "budget", /^b_/],
  ["rate:rpm:team:red", "budget", /^b_/],
  ["ledger:3", "ledger", /^l_.*_3$/],
])("%s is a %s actor", (actorName, of, name) => {
  const target = targetOf(env, actorName, place());
  expect(target.name).toMatch(name);
  expect(target.open()).toEqual({ of, name: target.name });
});

test.each([
  "",
  "policy:acme",
  "member:",
  "member",
  "budget:week:team:red",
  "budget:month:user",
  "rate:month:organisation",
  "ledger:4",
  "ledger:-1",
  "something:else",
])('"%s" is nobody', (actorName) => {
  expect(() => targetOf(env, actorName, place())).toThrow("There is no such actor");
});
