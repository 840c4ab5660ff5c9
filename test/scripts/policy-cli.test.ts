/** The admin's command line against a real gateway. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { tallygate, type Outcome } from "../support/tallygate.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const policy = (...args: string[]): Promise<Outcome> => policyAs(gateway.keys.admin, ...args);

const policyAs = (key: string, ...args: string[]): Promise<Outcome> =>
  tallygate(["policy", ...args], { TALLYGATE_URL: gateway.url, TALLYGATE_KEY: key });

/** The exit code, and how many lines the complaint had. */
async function lines(promise: Promise<Outcome>): Promise<(number | null)[]> {
  const { code, err } = await promise;
  return [code, err.split("\n").length - 1];
}

describe("npm run policy", () => {
  it("changes one number, says what changed, and waits until it holds everywhere", async () => {
    const set = await policy(
      "set",
      "limits.requests-per-minute=120",
      "--wait",
      "--comment",
      "more",
    );
    expect(set).toEqual({
      code: 0,
      out: "  limits.requests-per-minute.limit: 60 -> 120\nVersion 2 is in force.\n",
      err: "",
    });
    expect((await policy("show", "limits.requests-per-minute.limit")).out).toBe("120\n");
    const back = await policy("rollback", "1");
    expect(back.out).toContain("120 -> 60\nVersion 3 is published");
    const versions = await policy("versions", "--json");
    expect(JSON.parse(versions.out)).toMatchObject([
      { version: 1 },
      { version: 2, comment: "more" },
      { version: 3, restores: 1 },
    ]);
  });

  it("publishes a file, and names the place of every problem in it", async () => {
    const file = path.join(gateway.state, "draft.json");
    const { out } = await policy("show");
    writeFileSync(file, out.replace('"UTC"', '"Asia/Tokyo"'));
    expect((await policy("validate", file)).out).toBe('  timeZone: "UTC" -> "Asia/Tokyo"\n');
    expect((await policy("publish", file)).code).toBe(0);
    writeFileSync(file, out.replace('"UTC"', '"Mars/Base"'));
    const bad = await policy("publish", file);
    expect(bad.code).toBe(1);
    expect(bad.err).toContain("\n  timeZone: ");
    expect((await policy("publish", "none.json")).code).toBe(2);
  });

  it("issues a key that works until it is revoked", async () => {
    const issued = await policy("keys", "issue", "alice", "--label", "laptop");
    const key = issued.out.split("\n")[0] ?? "";
    const models = () =>
      fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await models()).status).toBe(200);
    const { out } = await policy("keys", "list");
    const keyId = /^(\w+) {2}alice {2}laptop$/m.exec(out)?.[1] ?? "";
    expect(key).toContain(keyId);
    expect((await policy("keys", "revoke", keyId)).out).toBe(`${keyId} is revoked.\n`);
    const asAlice = await policyAs(key, "show");
    expect(asAlice.code).toBe(1);
    expect(asAlice.err).toContain("revoked");
  });

  it("fails in one line and with a code that says whose fault it was", async () => {
    expect(await lines(policy("frobnicate"))).toEqual([2, 1]);
    expect(await lines(policy("set", "limits.nope=1"))).toEqual([2, 1]);
    expect(await lines(policy("show", "--nonsense"))).toEqual([2, 1]);
    expect(await lines(policy("show", "--url", "http://127.0.0.1:9"))).toEqual([3, 1]);
    expect(await lines(policy("keys", "revoke", "nope"))).toEqual([1, 1]);
    expect(await lines(policyAs(gateway.keys.alice, "show"))).toEqual([1, 1]);
    expect(await lines(policyAs(gateway.keys.auditor, "members", "remove", "bob"))).toEqual([1, 1]);
    expect((await policyAs(gateway.keys.auditor, "members", "list")).code).toBe(0);
  });
});
