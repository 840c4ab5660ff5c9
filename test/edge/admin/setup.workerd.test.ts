import { describe, expect, it } from "vitest";
import { handleSetup } from "#edge/admin/setup.ts";
import { bindings, founding } from "../../actors/policy/admin.ts";

const secret = bindings.TALLYGATE_SECRET;

function post(body: unknown, authorization = `Bearer ${secret}`): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return handleSetup(
    new Request("https://gateway.test/setup", {
      method: "POST",
      headers: { authorization },
      body: text,
    }),
    bindings,
  );
}

function bodyFor(organisation: string) {
  const { members, policy } = founding(organisation);
  return { organisation, members, policy };
}

describe("POST /setup", () => {
  it("answers with a key for every member, once", async () => {
    const response = await post(bodyFor("setup-one"));
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { keys } = (await response.json()) as { keys: Record<string, string> };
    expect(Object.keys(keys)).toEqual(["ada", "eve", "aud", "bob"]);
    expect(keys["ada"]).toMatch(/^tg_setup-one_[a-z0-9]{12}_[a-z0-9]{40}$/);
    const again = await post(bodyFor("setup-one"));
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ error: { code: "organisation_exists" } });
  });

  it("is for the holder of the deployment's secret only", async () => {
    for (const given of ["", "Bearer", "Bearer wrong", `Basic ${secret}`, `Bearer ${secret}x`]) {
      expect((await post(bodyFor("setup-two"), given)).status).toBe(401);
    }
    const unset = { ...bindings, TALLYGATE_SECRET: "" };
    const request = new Request("https://gateway.test/setup", {
      method: "POST",
      headers: { authorization: "Bearer " },
    });
    expect((await handleSetup(request, unset)).status).toBe(401);
    const get = new Request("https://gateway.test/setup");
    expect((await handleSetup(get, bindings)).status).toBe(405);
  });

  it("says what is wrong with what it got", async () => {
    const problemsOf = async (body: unknown) => {
      const response = await post(body);
      expect(response.status).toBe(400);
      const { error } = (await response.json()) as { error: { problems: { path: string }[] } };
      return error.problems.map(({ path }) => path);
    };
    const fine = bodyFor("setup-three");
    expect(await problemsOf("nonsense")).toEqual([""]);
    expect(await problemsOf({ ...fine, organisation: "Not Fine" })).toEqual(["organisation"]);
    expect(await problemsOf({ ...fine, members: [{ id: "x", role: "god" }] })).toEqual([
      "members[0].role",
    ]);
    expect(await problemsOf({ ...fine, policy: { ...fine.policy, defaultTier: "x" } })).toEqual([
      "policy.defaultTier",
    ]);
    const twice = [...fine.members, fine.members[0]];
    expect(await problemsOf({ ...fine, members: twice })).toEqual(["members[4].id"]);
    expect((await post("x".repeat(1024 * 1024 + 1))).status).toBe(413);
  });
});
