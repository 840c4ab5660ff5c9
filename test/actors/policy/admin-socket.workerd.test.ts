import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import * as superjson from "superjson";
import { describe, expect, it, vi } from "vitest";
import { userStream } from "#actors/kit/names.ts";
import type { PolicyActor } from "#actors/policy/policy-actor.ts";
import { handleAdminSocket } from "#edge/admin/socket.ts";
import { hashSecret, parseKey } from "#policy/api-key.ts";
import { samplePolicy } from "../../policy/sample.ts";
import {
  AdminClient,
  bindings,
  connect,
  foundOrganisation,
  stubOf,
  upgradeRequest,
} from "./admin.ts";

function changed(timeZone: string) {
  return { ...samplePolicy(), timeZone };
}

async function status(key: string | undefined, headers: Record<string, string> = {}) {
  return (await handleAdminSocket(upgradeRequest(key, headers), bindings)).status;
}

function isAnswer(frame: unknown): frame is { code: string; id: string | null } {
  return "ok" in (frame as object);
}

describe("two admins", () => {
  it("cannot publish over each other: the second is told, and both see one history", async () => {
    const keys = await foundOrganisation("two-admins");
    const { client: ada, hello } = await connect(keys["ada"]!);
    const { client: eve } = await connect(keys["eve"]!);
    expect(hello).toMatchObject({ member: "ada", role: "admin", version: 1 });
    const publish = { type: "PublishPolicy", expectVersion: 1, comment: "mine" };
    const first = await ada.ask({ id: "a1", ...publish, document: changed("Asia/Tokyo") });
    expect(first).toMatchObject({ ok: true, result: { version: 2 } });
    expect(first.result["changes"]).toEqual([
      { path: "timeZone", before: "Europe/Berlin", after: "Asia/Tokyo" },
    ]);
    const second = await eve.ask({ id: "e1", ...publish, document: changed("Asia/Seoul") });
    expect(second).toMatchObject({ ok: false, code: "version_conflict" });
    expect(await eve.event("PolicyPublished")).toMatchObject({
      seq: first.seq,
      cause: { command: "a1", member: "ada" },
      data: { version: 2, comment: "mine" },
    });
    expect(await ada.event("CommandRefused")).toMatchObject({
      cause: { member: "eve" },
      data: { command: "PublishPolicy", code: "version_conflict" },
    });
    expect((await stubOf("two-admins").snapshot(null))?.document.timeZone).toBe("Asia/Tokyo");
  });
});

describe("a session", () => {
  it("that ends takes its socket along: at the next command, and before the next event", async () => {
    const keys = await foundOrganisation("session-ends");
    const { client: eve } = await connect(keys["eve"]!);
    const principal = await stubOf("session-ends").lookUpMember("ada");
    const open = async (sessionEndsAt: number): Promise<AdminClient> => {
      const authenticate = () => Promise.resolve({ ...principal!, sessionEndsAt });
      const answer = await handleAdminSocket(upgradeRequest(undefined), bindings, authenticate);
      return new AdminClient(answer.webSocket!);
    };
    const past = await open(Date.now() - 1);
    expect(await past.untilClosed()).toMatchObject({ code: 1008, reason: "forbidden" });
    const endsAt = Date.now() + 60_000;
    const [asking, listening] = [await open(endsAt), await open(endsAt)];
    await Promise.all([asking.hello(), listening.hello()]);
    const list = { id: "1", type: "ListVersions" };
    expect(await asking.ask(list)).toMatchObject({ ok: true });
    vi.useFakeTimers({ toFake: ["Date"], now: endsAt });
    asking.post({ ...list, id: "2" });
    expect(await asking.untilClosed()).toMatchObject({ code: 1008, reason: "forbidden" });
    await eve.ask({ id: "e", type: "SetMember", member: { id: "bob", role: "member" } });
    expect(await listening.untilClosed()).toMatchObject({ code: 1008 });
    expect(listening.frames.filter((frame) => "event" in (frame as object))).toEqual([]);
    vi.useRealTimers();
  });
});

describe("a second approval", () => {
  it("is another admin's: one proposes and is refused, the other publishes the very document", async () => {
    const keys = await foundOrganisation("approvals");
    const { client: ada } = await connect(keys["ada"]!);
    const { client: eve } = await connect(keys["eve"]!);
    const strict = { ...changed("Asia/Tokyo"), approvals: { publish: 2 } };
    const publish = { type: "PublishPolicy", comment: "two of us" };
    await ada.ask({ id: "1", ...publish, expectVersion: 1, document: strict });
    const loose = { ...strict, approvals: { publish: 1 } };
    const asked = await ada.ask({ id: "2", ...publish, expectVersion: 2, document: loose });
    const { proposal, version } = asked.result;
    expect([asked.ok, version]).toEqual([true, undefined]);
    expect(await eve.event("PolicyProposed")).toMatchObject({ seq: proposal });
    const read = await eve.ask({ id: "3", type: "GetProposal", proposal });
    expect(read.result["changes"]).toEqual([{ path: "approvals.publish", before: 2, after: 1 }]);
    const approve = { type: "ApprovePolicy", expectVersion: 2, proposal };
    const own = await ada.ask({ id: "4", ...approve });
    expect(own).toMatchObject({ ok: false, code: "own_proposal" });
    expect(await eve.ask({ id: "5", ...approve })).toMatchObject({ result: { version: 3 } });
    const live = await ada.ask({ id: "6", type: "GetPolicy" });
    expect(live.result["document"]).toMatchObject({ approvals: { publish: 1 } });
    const waiting = await ada.ask({ id: "7", type: "ListProposals" });
    expect(waiting.result["proposals"]).toEqual([]);
  });
});

describe("a published version", () => {
  it("is in force only after every lease on the older one has ended", async () => {
    const keys = await foundOrganisation("in-force");
    const stub = stubOf("in-force");
    const { client } = await connect(keys["ada"]!);
    const document = changed("Asia/Tokyo");
    await client.ask({ id: "p", type: "PublishPolicy", expectVersion: 1, document });
    await runDurableObjectAlarm(stub);
    const early = await client.ask({ id: "v1", type: "ListVersions" });
    expect(early.result["versions"]).toMatchObject([{ version: 1 }, { version: 2 }]);
    expect((early.result["versions"] as { inForceAt?: number }[])[1]).not.toHaveProperty(
      "inForceAt",
    );
    const event = await client.event("PolicyInForce");
    const { at } = (early.result["versions"] as { at: number }[])[1]!;
    expect(event.data).toEqual({ version: 2 });
    expect(event.at - at).toBeGreaterThanOrEqual(6_000);
  });

  it("can be brought back, as a new version with the old one's document", async () => {
    const keys = await foundOrganisation("roll-back");
    const { client } = await connect(keys["ada"]!);
    const document = changed("Asia/Tokyo");
    await client.ask({ id: "1", type: "PublishPolicy", expectVersion: 1, document });
    const back = await client.ask({
      id: "2",
      type: "RollBackPolicy",
      expectVersion: 2,
      version: 1,
    });
    expect(back).toMatchObject({ ok: true, result: { version: 3 } });
    const one = await client.ask({ id: "3", type: "GetPolicy", version: 1 });
    const three = await client.ask({ id: "4", type: "GetPolicy" });
    expect(three.result).toMatchObject({ version: 3, restores: 1, hash: one.result["hash"] });
    expect(three.result["document"]).toEqual(one.result["document"]);
    const none = await client.ask({
      id: "5",
      type: "RollBackPolicy",
      expectVersion: 3,
      version: 9,
    });
    expect(none).toMatchObject({ ok: false, code: "version_not_found" });
  });

  it("is not made of a document with problems, which are named", async () => {
    const keys = await foundOrganisation("problems");
    const { client } = await connect(keys["ada"]!);
    const document = { ...samplePolicy(), defaultTier: "gold" };
    const publish = { type: "PublishPolicy", expectVersion: 1, document };
    expect(await client.ask({ id: "1", ...publish })).toMatchObject({
      ok: false,
      code: "invalid_policy",
      problems: [{ path: "defaultTier" }],
    });
    const check = await client.ask({ id: "2", type: "ValidatePolicy", document });
    expect(check.result).toMatchObject({ valid: false, problems: [{ path: "defaultTier" }] });
    const fine = await client.ask({ id: "3", type: "ValidatePolicy", document: changed("UTC") });
    expect(fine.result).toMatchObject({ valid: true, changes: [{ path: "timeZone" }] });
    const versions = await client.ask({ id: "4", type: "ListVersions" });
    expect(versions.result["versions"]).toHaveLength(1);
  });
});

describe("keys", () => {
  it("are told once, work at once, and are refused once their revocation is answered", async () => {
    const keys = await foundOrganisation("keys");
    const stub = stubOf("keys");
    const { client } = await connect(keys["ada"]!);
    const issue = { id: "i", type: "IssueKey", member: "bob", label: "laptop" };
    const issued = await client.ask(issue);
    const key = parseKey(String(issued.result["key"]))!;
    const again = await client.ask(issue);
    expect(again.result).toEqual({ keyId: key.keyId, member: "bob", label: "laptop" });
    const name = `key:keys:${key.keyId}`;
    const hash = hashSecret(key.secret);
    expect(await stub.lookUpKey(key.keyId, hash, Date.now())).toMatchObject({ keyId: key.keyId });
    expect(await bindings.KEYS.get(name)).toContain(hash);
    const revoke = { type: "RevokeKey", keyId: key.keyId, reason: "lost" };
    expect(await client.ask({ id: "r", ...revoke })).toMatchObject({ ok: true });
    expect(await stub.lookUpKey(key.keyId, hash, Date.now())).toBeNull();
    expect(await bindings.KEYS.get(name)).toBeNull();
    expect(await client.ask({ id: "r2", ...revoke })).toMatchObject({ ok: true });
    const list = await client.ask({ id: "l", type: "ListKeys" });
    expect(JSON.stringify(list)).not.toContain(hash);
    expect(list.result["revoked"]).toMatchObject([{ keyId: key.keyId, reason: "lost" }]);
  });

  it("that are revoked are fenced in their user's actor, whatever caches say", async () => {
    const keys = await foundOrganisation("fence");
    const { client } = await connect(keys["ada"]!);
    const { keyId } = parseKey(keys["bob"]!)!;
    await client.ask({ id: "r", type: "RevokeKey", keyId, reason: "lost" });
    const stream = userStream(bindings.TALLYGATE_SECRET, "fence", "bob");
    const facts = await runInDurableObject(bindings.USERS.getByName(stream), (_actor, state) =>
      state.storage.sql.exec<{ body: string }>("SELECT body FROM events").toArray(),
    );
    expect(facts.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { type: "KeyFenced", organisation: "fence", stream, data: { keyId } },
    ]);
  });

  it("appear in broadcasts without the hash of their secret", async () => {
    const keys = await foundOrganisation("key-events");
    const { client: ada } = await connect(keys["ada"]!);
    const { client: auditor } = await connect(keys["aud"]!);
    await ada.ask({ id: "i", type: "IssueKey", member: "bob", label: "laptop" });
    const event = await auditor.event("KeyIssued");
    expect(event.elided).toEqual(["data.secretHash"]);
    expect(event.data).not.toHaveProperty("secretHash");
  });

  it("of a member that changes carry the change", async () => {
    const keys = await foundOrganisation("member-change");
    const { client } = await connect(keys["ada"]!);
    const member = { id: "bob", role: "member", tier: "standard", team: "red" };
    await client.ask({ id: "m", type: "SetMember", member });
    const { keyId, secret } = parseKey(keys["bob"]!)!;
    const entry = await bindings.KEYS.get(`key:member-change:${keyId}`, "json");
    expect(entry).toMatchObject({ secretHash: hashSecret(secret), principal: { member } });
    const gone = await client.ask({ id: "x", type: "RemoveMember", member: "bob" });
    expect(gone.result).toEqual({ member: "bob", keysRevoked: [keyId] });
    expect(await bindings.KEYS.get(`key:member-change:${keyId}`)).toBeNull();
  });
});

describe("a socket", () => {
  it("opens for admins and auditors of a valid key only, and from the gateway's own pages", async () => {
    const keys = await foundOrganisation("doors");
    expect(await status(undefined)).toBe(401);
    expect(await status("tg_doors_nonsense")).toBe(401);
    expect(await status(keys["ada"]!.replace("_doors_", "_other_"))).toBe(401);
    expect(await status(keys["bob"])).toBe(403);
    expect(await status(keys["ada"], { origin: "https://evil.test" })).toBe(403);
    expect(await status(keys["ada"], { upgrade: "h2c" })).toBe(426);
    expect(await status(keys["aud"], { origin: "https://gateway.test" })).toBe(101);
    const protocols = `tallygate.v1, key.${keys["ada"]}`;
    const response = await handleAdminSocket(
      upgradeRequest(undefined, { "sec-websocket-protocol": protocols }),
      bindings,
    );
    expect(response.headers.get("sec-websocket-protocol")).toBe("tallygate.v1");
    const client = new AdminClient(response.webSocket!);
    expect(await client.hello()).toMatchObject({ member: "ada" });
  });

  it("takes a session only together with the origin that browsers send", async () => {
    await foundOrganisation("session");
    const principal = await stubOf("session").lookUpMember("ada");
    const open = (headers: Record<string, string>) =>
      handleAdminSocket(upgradeRequest(undefined, headers), bindings, () =>
        Promise.resolve(principal),
      );
    expect((await open({ cookie: "session=1" })).status).toBe(403);
    const own = { cookie: "session=1", origin: "https://gateway.test" };
    expect((await open(own)).status).toBe(101);
  });

  it("is who the edge says it is, whatever its caller writes", async () => {
    const keys = await foundOrganisation("forged");
    const { hello } = await connect(keys["aud"]!, {
      "x-partykit-props": JSON.stringify({ admin: true }),
      "x-partykit-room": "other",
      "x-actor-member": "ada",
      "x-actor-key": "none",
    });
    expect(hello).toMatchObject({ member: "aud", role: "auditor" });
    const request = new Request("https://gateway.test/admin/socket?_pk=same", {
      headers: { upgrade: "websocket", authorization: `Bearer ${keys["ada"]}` },
    });
    for (let round = 0; round < 2; round += 1) {
      const response = await handleAdminSocket(request.clone(), bindings);
      const client = new AdminClient(response.webSocket!);
      await client.hello();
      expect(await client.ask({ id: "l", type: "ListVersions" })).toMatchObject({ ok: true });
    }
    const ids = await runInDurableObject(stubOf("forged"), (actor) =>
      [...(actor as unknown as PolicyActor).getConnections()].map(({ id }) => id),
    );
    expect(ids).not.toContain("same");
    expect(new Set(ids).size).toBe(3);
  });

  it("without the edge's word, and every other request, is refused by the actor", async () => {
    const stub = stubOf("forged");
    const upgrade = { upgrade: "websocket", "x-partykit-props": "{}" };
    expect((await stub.fetch("https://actor.invalid/", { headers: upgrade })).status).toBe(403);
    const plain = await stub.fetch("https://actor.invalid/", {
      headers: { "x-actor-member": "ada" },
    });
    expect(plain.status).toBe(403);
  });

  it("keeps its identity and its answers while the actor is away", async () => {
    const keys = await foundOrganisation("eviction");
    const stub = stubOf("eviction");
    const { client: ada } = await connect(keys["ada"]!);
    const { client: auditor } = await connect(keys["aud"]!);
    const set = { id: "m", type: "SetMember", member: { id: "new", role: "member" } };
    const before = await ada.ask(set);
    await evictDurableObject(stub);
    expect(await ada.ask(set)).toEqual(before);
    const other = { ...set, member: { id: "new", role: "admin" } };
    expect(await ada.ask(other)).toMatchObject({ ok: false, code: "command_id_reused" });
    await evictDurableObject(stub);
    const refused = await auditor.ask({ id: "x", type: "RemoveMember", member: "new" });
    expect(refused).toMatchObject({ ok: false, code: "forbidden" });
    expect(await ada.event("CommandRefused")).toMatchObject({
      cause: { member: "aud", command: "x" },
      data: { code: "forbidden" },
    });
  });

  it("resumes from where it was, in order and without a gap", async () => {
    const keys = await foundOrganisation("resume");
    const { client, hello } = await connect(keys["ada"]!);
    const { client: eve } = await connect(keys["eve"]!);
    for (const id of ["n1", "n2", "n3"]) {
      await eve.ask({ id, type: "SetMember", member: { id, role: "member" } });
    }
    client.close();
    const { client: back } = await connect(keys["ada"]!);
    const answer = await back.ask({ id: "r", type: "Resume", since: hello.seq });
    expect(answer.result).toEqual({ last: hello.seq + 3, complete: true });
    const seqs = back.frames.map((frame) => (frame as { event: { seq: number } }).event.seq);
    expect(seqs).toEqual([hello.seq + 1, hello.seq + 2, hello.seq + 3]);
  });

  it("is closed as soon as its member may no longer come in", async () => {
    const keys = await foundOrganisation("demoted");
    const { client: ada } = await connect(keys["ada"]!);
    const { client: eve } = await connect(keys["eve"]!);
    const member = { id: "eve", role: "member" };
    await ada.ask({ id: "m", type: "SetMember", member });
    expect(await eve.untilClosed()).toMatchObject({ code: 1008, reason: "forbidden" });
    expect(eve.frames).toEqual([expect.objectContaining({ ok: false, code: "forbidden" })]);
    const last = { id: "l", type: "RemoveMember", member: "ada" };
    expect(await ada.ask(last)).toMatchObject({ ok: false, code: "last_admin" });
  });

  it("is closed with an answer at once, with a code or, as browsers do, without one", async () => {
    const keys = await foundOrganisation("closing");
    for (const code of [1000, 4000, undefined]) {
      const { client } = await connect(keys["ada"]!);
      client.close(code);
      expect(await client.untilClosed()).toMatchObject({ code: code ?? 1000 });
    }
  });

  it("that floods is told so and closed", async () => {
    const keys = await foundOrganisation("flood");
    const { client } = await connect(keys["ada"]!);
    for (let n = 0; n < 200; n += 1) client.post({ id: `q${n}`, type: "ListVersions" });
    expect(await client.untilClosed()).toMatchObject({ code: 1008, reason: "flood" });
    const answers = client.frames as { ok: boolean; code?: string }[];
    expect(answers.at(-1)).toMatchObject({ id: null, ok: false, code: "flood" });
    expect(answers.length).toBeLessThan(100);
    const { client: next } = await connect(keys["ada"]!);
    expect(await next.ask({ id: "v", type: "ListVersions" })).toMatchObject({ ok: true });
  });

  it("gets a typed error for what is no command, and stays open", async () => {
    const keys = await foundOrganisation("bad-frames");
    const { client } = await connect(keys["ada"]!);
    const codeOf = async (message: string | ArrayBuffer) => {
      client.raw(message);
      return (await client.take(isAnswer)).code;
    };
    expect(await codeOf("nonsense")).toBe("bad_frame");
    expect(await codeOf(new ArrayBuffer(8))).toBe("bad_frame");
    expect(await codeOf("null")).toBe("bad_frame");
    expect(await codeOf("x".repeat(512 * 1024 + 1))).toBe("frame_too_large");
    expect(await codeOf(superjson.stringify({ id: "a", type: "Explode" }))).toBe("unknown_command");
    expect(await codeOf(superjson.stringify({ id: "a", type: "GetPolicy", more: 1 }))).toBe(
      "invalid_command",
    );
    expect(await codeOf(superjson.stringify({ id: "", type: "GetPolicy" }))).toBe("bad_frame");
    expect(await client.ask({ id: "v", type: "ListVersions" })).toMatchObject({ ok: true });
  });
});
