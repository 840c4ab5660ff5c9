import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { hashSecret, parseKey } from "#policy/api-key.ts";
import { bindings, founding, stubOf } from "./admin.ts";

describe("founding an organisation", () => {
  it("gives every member a key that finds them, also after the actor was evicted", async () => {
    const stub = stubOf("acme");
    const reply = await stub.found(founding("acme"));
    if (!reply.ok) throw new Error(reply.message);
    const key = parseKey(reply.keys["bob"] ?? "");
    expect(key?.organisation).toBe("acme");
    await evictDurableObject(stub);
    const principal = await stub.lookUpKey(key!.keyId, hashSecret(key!.secret), Date.now());
    expect(principal).toEqual({
      organisation: "acme",
      member: { id: "bob", role: "member", tier: "premium" },
      keyId: key!.keyId,
    });
    expect(await stub.lookUpKey(key!.keyId, hashSecret("wrong"), Date.now())).toBeNull();
    expect(await stub.lookUpKey("nobody", hashSecret(key!.secret), Date.now())).toBeNull();
    expect(await bindings.KEYS.get(`key:acme:${key!.keyId}`, "json")).toEqual({
      secretHash: hashSecret(key!.secret),
      principal,
    });
  });

  it("serves the first version and says when the caller has it", async () => {
    const stub = stubOf("snap");
    expect(await stub.snapshot(null)).toBeNull();
    await stub.found(founding("snap"));
    const snapshot = await stub.snapshot(null);
    expect(snapshot).toMatchObject({ organisation: "snap", version: 1, ledgerShards: 4 });
    expect(await stub.snapshot({ version: 1, hash: snapshot!.hash })).toBeUndefined();
    expect(await stub.snapshot({ version: 1, hash: "other" })).toMatchObject({ version: 1 });
  });

  it("says in the first policy's event what its own patterns cost", async () => {
    const terms = { directions: ["prompt"], action: "warn" };
    const rules = [{ id: "badges", pattern: { source: "B-[0-9]{4}" }, ...terms }];
    const sample = founding("costs");
    const stub = stubOf("costs");
    const reply = await stub.found({ ...sample, policy: { ...sample.policy, dlp: { rules } } });
    expect(reply.ok).toBe(true);
    const bodies = await runInDurableObject(stub, (_, state) =>
      state.storage.sql.exec<{ body: string }>("SELECT body FROM events").toArray(),
    );
    const published = bodies
      .map(({ body }) => JSON.parse(body) as { type: string; data: object })
      .find(({ type }) => type === "PolicyPublished");
    expect(published?.data).toMatchObject({ version: 1, patternCosts: { badges: "small" } });
  });

  it("happens once, and not at all with a problem", async () => {
    const stub = stubOf("once");
    const bad = { ...founding("once"), members: [{ id: "bob", role: "member", tier: "none" }] };
    expect(await stub.found(bad)).toMatchObject({
      ok: false,
      code: "invalid_setup",
      problems: [{ path: "members[0].tier" }, { path: "members" }],
    });
    expect(await stub.snapshot(null)).toBeNull();
    expect((await stub.found(founding("once"))).ok).toBe(true);
    expect(await stub.found(founding("once"))).toMatchObject({ code: "organisation_exists" });
    expect(await stub.found(founding("other"))).toMatchObject({ ok: false });
  });
});
