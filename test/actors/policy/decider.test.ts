import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type InMemoryRun, runInMemory } from "#actors/kit/run-in-memory.ts";
import type { PolicyCommand, PolicyDraft } from "#actors/policy/commands.ts";
import { policyDecider } from "#actors/policy/decider.ts";
import { erasuresPendingMax } from "#actors/policy/limits.ts";
import type { PolicyState } from "#actors/policy/state.ts";
import {
  type KeyScopeData,
  type MemberData,
  PolicyFact,
  type Role,
} from "#events/policy-events.ts";
import { PolicyDocument } from "#policy/document.ts";
import { hashPolicy } from "#policy/hash.ts";
import { IN_FORCE_AFTER_MS } from "#policy/lease.ts";
import { samplePolicy } from "../../policy/sample.ts";

type Run = InMemoryRun<PolicyState, PolicyCommand, PolicyFact>;

function draft(timeZone = "UTC", tiers?: PolicyDocument["tiers"]): PolicyDraft {
  const document = PolicyDocument.parse({ ...samplePolicy(), timeZone });
  if (tiers !== undefined) document.tiers = tiers;
  return { document, hash: hashPolicy(document), comment: timeZone };
}

/** A policy whose successor needs a second approval. */
function needingTwo(timeZone = "UTC"): PolicyDraft {
  const document = PolicyDocument.parse({
    ...samplePolicy(),
    timeZone,
    approvals: { publish: 2 },
  });
  return { document, hash: hashPolicy(document), comment: "two" };
}

function member(id: string, role: Role = "member", tier = ""): MemberData {
  return { id, role, tier };
}

function key(keyId: string, of: string) {
  return { keyId, member: of, label: "", secretHash: `hash-${keyId}` };
}

function publish(expectVersion: number): PolicyCommand {
  return { type: "PublishPolicy", expectVersion, policy: draft("Asia/Tokyo"), by: "ada" };
}

const found: PolicyCommand = {
  type: "Found",
  organisation: "acme",
  ledgerShards: 4,
  members: [member("ada", "admin"), member("bob", "member", "premium")],
  keys: [key("k-ada", "ada"), key("k-bob", "bob")],
  policy: draft(),
};

function founded(): Run {
  const run = runInMemory(policyDecider);
  run.execute(found, 1_000);
  return run;
}

/** The types of the facts that a command leads to, with the code of a refusal. */
function outcome(run: Run, command: PolicyCommand, at = 2_000): string[] {
  return run
    .execute(command, at)
    .map((fact) => (fact.type === "CommandRefused" ? `refused ${fact.data.code}` : fact.type));
}

describe("an erasure", () => {
  const erase: PolicyCommand = { type: "EraseMember", member: "bob", reason: "" };

  it("is ordered once until it is confirmed, and confirmed once", () => {
    const run = founded();
    expect(outcome(run, erase)).toEqual(["ErasureOrdered"]);
    expect(outcome(run, erase)).toEqual([]);
    const [{ order } = { order: 0 }] = run.state.erasures;
    const done = { order, member: "bob", stream: "u_1", event: "e", seq: 1, at: 3_000 };
    const confirm: PolicyCommand = { type: "ConfirmErasure", done };
    expect(outcome(run, confirm)).toEqual(["ErasureCarriedOut"]);
    expect(outcome(run, confirm)).toEqual([]);
    expect(outcome(run, erase)).toEqual(["ErasureOrdered"]);
  });

  it("is refused when too many wait, and forgets none that waits", () => {
    const run = founded();
    for (let n = 0; n < erasuresPendingMax; n += 1) {
      run.execute({ type: "EraseMember", member: `m${n}`, reason: "" }, 2_000);
    }
    expect(outcome(run, erase)).toEqual(["refused too_many"]);
    expect(run.state.erasures).toHaveLength(erasuresPendingMax);
  });
});

function correct(from: number, to: number): PolicyCommand {
  const price = { inputNanosPerMtok: 1, outputNanosPerMtok: 2 };
  return {
    type: "CorrectPrice",
    at: 2_000,
    correction: { model: "m", from, to, price, reason: "" },
  };
}

describe("a price correction", () => {
  it("is for a time that is over", () => {
    const run = founded();
    expect(outcome(run, correct(0, 2_001))).toEqual(["refused invalid_period"]);
    expect(outcome(run, correct(5, 5))).toEqual(["refused invalid_period"]);
    expect(outcome(run, correct(0, 2_000))).toEqual(["PriceCorrectionOrdered"]);
  });

  it("is applied once, in the order of the orders", () => {
    const run = founded();
    run.execute(correct(0, 10), 2_000);
    run.execute(correct(0, 20), 2_000);
    const [first, second] = run.state.corrections;
    const sums = { principals: 1, requests: 1, oldNanos: 5, newNanos: 7 };
    const confirm: PolicyCommand = {
      type: "ConfirmCorrection",
      applied: { order: first?.order ?? 0, ...sums },
    };
    expect(outcome(run, confirm)).toEqual(["PriceCorrectionApplied"]);
    expect(outcome(run, confirm)).toEqual([]);
    expect(run.state.corrections).toEqual([
      { ...first, applied: { ...sums, at: 2_000 } },
      { ...second, terms: { ...second?.terms, to: 20 } },
    ]);
  });
});

describe("an organisation", () => {
  it("is founded once, with its first policy in force", () => {
    const run = runInMemory(policyDecider);
    expect(outcome(run, found)).toEqual([
      "OrganisationFounded",
      "MemberSet",
      "MemberSet",
      "KeyIssued",
      "KeyIssued",
      "PolicyPublished",
      "PolicyInForce",
    ]);
    expect(run.state.pending).toEqual([]);
    expect(outcome(run, found)).toEqual(["refused organisation_exists"]);
  });

  it("always has an admin", () => {
    const run = founded();
    expect(outcome(run, { type: "RemoveMember", member: "ada" })).toEqual(["refused last_admin"]);
    const demoted: PolicyCommand = { type: "SetMember", member: member("ada") };
    expect(outcome(run, demoted)).toEqual(["refused last_admin"]);
    outcome(run, { type: "SetMember", member: member("eve", "admin") });
    expect(outcome(run, demoted)).toEqual(["MemberSet"]);
  });
});

describe("publishing", () => {
  it("takes the version that was changed, and refuses any other", () => {
    const run = founded();
    expect(outcome(run, publish(1))).toEqual(["PolicyPublished"]);
    expect(outcome(run, publish(1))).toEqual(["refused version_conflict"]);
    expect(outcome(run, publish(9))).toEqual(["refused version_conflict"]);
    expect(run.state.current?.version).toBe(2);
  });

  it("comes into force only when the last lease on an older version has ended", () => {
    const run = founded();
    run.execute(
      { type: "PublishPolicy", expectVersion: 1, policy: draft("Asia/Tokyo"), by: "ada" },
      10_000,
    );
    run.execute(
      { type: "PublishPolicy", expectVersion: 2, policy: draft("Asia/Seoul"), by: "ada" },
      11_000,
    );
    const tick = (at: number) =>
      run.execute({ type: "BringIntoForce", at }, at).map(({ data }) => data);
    expect(tick(10_000 + IN_FORCE_AFTER_MS - 1)).toEqual([]);
    expect(tick(10_000 + IN_FORCE_AFTER_MS)).toEqual([{ version: 2 }]);
    expect(tick(99_000)).toEqual([{ version: 3 }]);
    expect(tick(99_999)).toEqual([]);
    expect(run.state.versions.map(({ inForceAt }) => inForceAt)).toEqual([1_000, 16_000, 99_000]);
  });

  it("keeps every tier that a member has", () => {
    const run = founded();
    const { standard } = draft().document.tiers;
    const policy = draft("UTC", { standard: standard! });
    const fewer: PolicyCommand = { type: "PublishPolicy", expectVersion: 1, policy, by: "ada" };
    expect(outcome(run, fewer)).toEqual(["refused tier_in_use"]);
    outcome(run, { type: "SetMember", member: member("bob", "member", "standard") });
    expect(outcome(run, fewer)).toEqual(["PolicyPublished"]);
    const back: PolicyCommand = { type: "SetMember", member: member("bob", "member", "premium") };
    expect(outcome(run, back)).toEqual(["refused unknown_tier"]);
  });

  it("of an older document says which version it brings back", () => {
    const run = founded();
    run.execute(
      { type: "PublishPolicy", expectVersion: 1, policy: draft("Asia/Tokyo"), by: "ada" },
      2_000,
    );
    const back: PolicyCommand = {
      type: "RollBackPolicy",
      expectVersion: 2,
      version: 1,
      policy: draft(),
      by: "ada",
    };
    const [fact] = run.execute(back, 3_000);
    expect(fact).toMatchObject({ type: "PolicyPublished", data: { version: 3, restores: 1 } });
    expect(outcome(run, back)).toEqual(["refused version_conflict"]);
  });
});

const issueScoped = (scope: KeyScopeData): PolicyCommand => {
  return { type: "IssueKey", key: { ...key("k2", "bob"), scope }, at: 2_000 };
};

describe("keys", () => {
  it("end with their member, in the same commit", () => {
    const run = founded();
    run.execute({ type: "IssueKey", key: key("k2", "bob"), at: 2_000 }, 2_000);
    expect(outcome(run, { type: "RemoveMember", member: "bob" })).toEqual([
      "KeyRevoked",
      "KeyRevoked",
      "MemberRemoved",
    ]);
    expect([...run.state.keys.keys()]).toEqual(["k-ada"]);
    const orphan: PolicyCommand = { type: "IssueKey", key: key("k3", "bob"), at: 3_000 };
    expect(outcome(run, orphan)).toEqual(["refused member_not_found"]);
  });

  it("are revoked once: sent again, the command is done already", () => {
    const run = founded();
    const revoke: PolicyCommand = { type: "RevokeKey", keyId: "k-bob", reason: "lost" };
    expect(outcome(run, revoke)).toEqual(["KeyRevoked"]);
    expect(outcome(run, revoke)).toEqual([]);
    const other: PolicyCommand = { type: "RevokeKey", keyId: "none", reason: "" };
    expect(outcome(run, other)).toEqual(["refused key_not_found"]);
  });

  it("are narrowed to tiers and routes that there are, and keep their scope", () => {
    const run = founded();
    expect(outcome(run, issueScoped({ tiers: ["gold"] }))).toEqual(["refused unknown_tier"]);
    expect(outcome(run, issueScoped({ routes: ["nowhere"] }))).toEqual(["refused unknown_route"]);
    const scope: KeyScopeData = { tiers: ["premium"], models: ["gpt-*"], access: ["inference"] };
    expect(outcome(run, issueScoped(scope))).toEqual(["KeyIssued"]);
    const kept = policyDecider.fromSnapshot?.(
      JSON.parse(JSON.stringify(policyDecider.toSnapshot?.(run.state))),
    );
    expect(kept?.keys.get("k2")?.scope).toEqual(scope);
  });

  it("expire in the future only, and are bounded for each member", () => {
    const run = founded();
    const past = { ...key("k2", "bob"), expiresAt: 2_000 };
    expect(outcome(run, { type: "IssueKey", key: past, at: 2_000 })).toEqual([
      "refused expires_in_past",
    ]);
    for (let n = 0; n < 49; n += 1) {
      run.execute({ type: "IssueKey", key: key(`n${n}`, "bob"), at: 2_000 }, 2_000);
    }
    expect(outcome(run, { type: "IssueKey", key: key("last", "bob"), at: 2_000 })).toEqual([
      "refused too_many",
    ]);
  });
});

const twoInUse = (): Run => {
  const run = founded();
  run.execute({ type: "PublishPolicy", expectVersion: 1, policy: needingTwo(), by: "ada" }, 2_000);
  return run;
};
const approve = (proposal: number, by: string, expectVersion = 2): PolicyCommand => {
  return { type: "ApprovePolicy", expectVersion, proposal, policy: draft("Asia/Tokyo"), by };
};
const proposalOf = (run: Run): number => run.state.proposals.at(-1)?.proposal ?? 0;

describe("where the policy in use asks for two", () => {
  it("a version is proposed by one admin and published by another, and says by whom", () => {
    const run = twoInUse();
    expect(outcome(run, publish(2))).toEqual(["PolicyProposed"]);
    expect(run.state.current?.version).toBe(2);
    const proposal = proposalOf(run);
    expect(outcome(run, approve(proposal, "ada"))).toEqual(["refused own_proposal"]);
    const [fact] = run.execute(approve(proposal, "eve"), 3_000);
    expect(fact).toMatchObject({
      type: "PolicyPublished",
      data: { version: 3, proposal, proposedBy: "ada" },
    });
    expect(outcome(run, approve(proposal, "eve", 3))).toEqual(["refused proposal_not_found"]);
    // The new version asks for one again.
    expect(outcome(run, publish(3))).toEqual(["PolicyPublished"]);
  });

  it("going back to an older version is proposed too, and a proposal can be withdrawn", () => {
    const run = twoInUse();
    const back: PolicyCommand = {
      type: "RollBackPolicy",
      expectVersion: 2,
      version: 1,
      policy: draft(),
      by: "ada",
    };
    expect(outcome(run, back)).toEqual(["PolicyProposed"]);
    const [fact] = run.execute(approve(proposalOf(run), "eve"), 3_000);
    expect(fact).toMatchObject({ type: "PolicyPublished", data: { version: 3, restores: 1 } });
    const other = twoInUse();
    other.execute(publish(2), 2_500);
    const proposal = proposalOf(other);
    const withdraw: PolicyCommand = { type: "WithdrawProposal", proposal, reason: "typo" };
    expect(outcome(other, withdraw)).toEqual(["ProposalWithdrawn"]);
    expect(outcome(other, withdraw)).toEqual(["refused proposal_not_found"]);
    expect(outcome(other, approve(proposal, "eve"))).toEqual(["refused proposal_not_found"]);
  });

  it("a published version makes void what was proposed for the one before it", () => {
    const run = twoInUse();
    run.execute(publish(2), 2_500);
    run.execute(publish(2), 2_600);
    const [first, second] = run.state.proposals;
    expect(outcome(run, approve(second!.proposal, "eve"))).toEqual(["PolicyPublished"]);
    expect(outcome(run, approve(first!.proposal, "eve", 3))).toEqual([
      "refused proposal_not_found",
    ]);
  });

  it("at most twenty wait at once", () => {
    const run = twoInUse();
    for (let n = 0; n < 20; n += 1) expect(outcome(run, publish(2))).toEqual(["PolicyProposed"]);
    expect(outcome(run, publish(2))).toEqual(["refused too_many"]);
  });
});

const ids = fc.constantFrom("ada", "bob", "eve", "max");
const keyIds = fc.constantFrom("k-ada", "k-bob", "k1", "k2", "k3");
const versions = fc.nat({ max: 6 });
const policies = fc.oneof(
  fc.constantFrom("UTC", "Asia/Tokyo", "Asia/Seoul").map((zone) => draft(zone)),
  fc.constant(needingTwo()),
);

function commands(at: number): fc.Arbitrary<PolicyCommand> {
  return fc.oneof(
    fc.constant(found),
    fc.record({
      type: fc.constant("PublishPolicy" as const),
      expectVersion: versions,
      policy: policies,
      by: ids,
    }),
    fc.record({
      type: fc.constant("RollBackPolicy" as const),
      expectVersion: versions,
      version: versions,
      policy: policies,
      by: ids,
    }),
    fc.record({
      type: fc.constant("ApprovePolicy" as const),
      expectVersion: versions,
      proposal: fc.nat({ max: 40 }),
      policy: policies,
      by: ids,
    }),
    fc.record({
      type: fc.constant("WithdrawProposal" as const),
      proposal: fc.nat({ max: 40 }),
      reason: fc.string(),
    }),
    fc.record({
      type: fc.constant("SetMember" as const),
      member: fc.record({
        id: ids,
        role: fc.constantFrom<Role>("admin", "auditor", "member"),
        tier: fc.constantFrom("", "standard", "premium", "gold"),
      }),
    }),
    fc.record({ type: fc.constant("RemoveMember" as const), member: ids }),
    fc.tuple(keyIds, ids).map(([keyId, of]): PolicyCommand => {
      return { type: "IssueKey", key: key(keyId, of), at };
    }),
    fc.record({ type: fc.constant("RevokeKey" as const), keyId: keyIds, reason: fc.string() }),
    fc.record({ type: fc.constant("EraseMember" as const), member: ids, reason: fc.string() }),
    fc
      .record({ order: fc.nat({ max: 40 }), member: ids })
      .map(({ order, member }): PolicyCommand => {
        const done = { order: order + 1, member, stream: "u_1", event: "e", seq: 1, at };
        return { type: "ConfirmErasure", done };
      }),
    fc
      .record({ from: fc.nat({ max: 40 }), to: fc.nat({ max: 40 }) })
      .map((times): PolicyCommand => {
        const price = { inputNanosPerMtok: 1, outputNanosPerMtok: 2 };
        const correction = { model: "m", ...times, price, reason: "" };
        return { type: "CorrectPrice", at, correction };
      }),
    fc.nat({ max: 40 }).map((order): PolicyCommand => {
      const sums = { principals: 1, requests: 1, oldNanos: 5, newNanos: 7 };
      return { type: "ConfirmCorrection", applied: { order: order + 1, ...sums } };
    }),
    fc.constant<PolicyCommand>({ type: "BringIntoForce", at }),
    fc.constant<PolicyCommand>({ type: "Refuse", command: "X", code: "forbidden", message: "no" }),
  );
}

const steps = fc.array(fc.nat({ max: 4_000 }), { maxLength: 40 }).chain((gaps) => {
  let at = 1_000;
  return fc.tuple(
    ...gaps.map((gap) => {
      at += gap;
      return fc.record({ at: fc.constant(at), command: commands(at) });
    }),
  );
});

describe("after any commands", () => {
  it("the state is the fold of the facts, also through a snapshot at any point", () => {
    fc.assert(
      fc.property(steps, fc.nat({ max: 40 }), (all, cut) => {
        const run = founded();
        for (const { at, command } of all) run.execute(command, at);
        expect(run.replayed()).toEqual(run.state);
        expect(run.state.seq).toBe(run.facts.length);
        let state = policyDecider.initialState();
        for (const [index, { at, fact }] of run.facts.entries()) {
          if (index === cut) {
            const json: unknown = JSON.parse(JSON.stringify(policyDecider.toSnapshot(state)));
            state = policyDecider.fromSnapshot(json);
          }
          state = policyDecider.evolve(state, fact, at);
        }
        expect(state).toEqual(run.state);
      }),
      { numRuns: 150 },
    );
  });

  it("versions have no gap, each comes into force late enough, and every fact fits its schema", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const run = founded();
        for (const { at, command } of all) run.execute(command, at);
        const published = new Map<number, number>();
        for (const { at, fact } of run.facts) {
          expect(PolicyFact.safeParse(fact).success).toBe(true);
          if (fact.type === "PolicyPublished") {
            expect(fact.data.version).toBe(published.size + 1);
            published.set(fact.data.version, at);
          }
          if (fact.type === "PolicyInForce" && fact.data.version > 1) {
            const since = published.get(fact.data.version) ?? Infinity;
            expect(at - since).toBeGreaterThanOrEqual(6_000);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it("there is an admin, and every key and tier belongs to something that exists", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const run = founded();
        for (const { at, command } of all) {
          run.execute(command, at);
          const { members, keys, current } = run.state;
          const everybody = [...members.values()];
          expect(everybody.some(({ role }) => role === "admin")).toBe(true);
          expect([...keys.values()].filter((each) => !members.has(each.member))).toEqual([]);
          const { tiers } = current!.document as PolicyDocument;
          expect(everybody.filter(({ tier }) => tier !== "" && !(tier in tiers))).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });
});
