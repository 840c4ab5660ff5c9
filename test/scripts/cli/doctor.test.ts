/** The doctor: every fault planted once, and a real gateway looked at. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examine, type Facts } from "../../../scripts/cli/doctor-checks.ts";
import { ask } from "../../support/client.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { tallygate, type Outcome } from "../../support/tallygate.ts";

const diagnosis = {
  at: 1_000_000,
  askedAt: 1_000_100,
  policyVersion: 3,
  providers: [
    { name: "openai", kind: "openai", secret: "OPENAI_API_KEY", needed: true, set: true },
    { name: "home", kind: "ollama", secret: "OLLAMA_API_KEY", needed: false, set: false },
  ],
  signingKey: true,
  development: [],
};
const shard = { shard: "l_0", segments: 2, archived: 10, events: 12 };

/** A deployment without a fault. */
const well: Facts = {
  url: "https://gateway.example",
  roundTripMs: 20,
  ownVersion: "0.1.0",
  version: { value: "0.1.0" },
  who: { value: { organisation: "acme", member: "ada", role: "admin" } },
  diagnosis: { value: diagnosis },
  models: { value: 4 },
  keys: { value: 1 },
  archive: { value: [shard] },
  faults: { value: [] },
  sinks: { value: [{ sink: "siem", deadLetters: 0 }] },
  console: { value: true },
};

const fork = { stream: "u_1", epoch: 1, seq: 7, kind: "fork" as const, message: "differs", at: 1 };

const planted: [what: string, check: string, state: string, told: RegExp, facts: Partial<Facts>][] =
  [
    ["no encryption", "reachable", "warn", /https/, { url: "http://gateway.example" }],
    ["another version", "version", "warn", /0\.2\.0/, { version: { value: "0.2.0" } }],
    ["a key that is refused", "key", "fail", /expired/, { who: { refused: "expired" } }],
    [
      "a clock that is off by minutes",
      "clock",
      "fail",
      /300\.0 s/,
      { diagnosis: { value: { ...diagnosis, askedAt: diagnosis.at + 300_010 } } },
    ],
    [
      "a clock that is off by seconds",
      "clock",
      "warn",
      /5\.0 s/,
      { diagnosis: { value: { ...diagnosis, askedAt: diagnosis.at - 5_010 } } },
    ],
    [
      "a development value",
      "development",
      "fail",
      /wrangler secret delete/,
      { diagnosis: { value: { ...diagnosis, development: ["TALLYGATE_ALLOW_PRIVATE"] } } },
    ],
    [
      "a setting that cannot be read",
      "settings",
      "fail",
      /TALLYGATE_JWT_ISSUERS: it is not JSON/,
      {
        diagnosis: {
          value: {
            ...diagnosis,
            settings: [{ name: "TALLYGATE_JWT_ISSUERS", problem: "it is not JSON" }],
          },
        },
      },
    ],
    [
      "a missing secret",
      "secrets",
      "fail",
      /OPENAI_API_KEY \(openai\)/,
      {
        diagnosis: {
          value: {
            ...diagnosis,
            providers: diagnosis.providers.map((one) => ({ ...one, set: false })),
          },
        },
      },
    ],
    [
      "a binding that is not there",
      "secrets",
      "fail",
      /not bound: MODELS \(models\)/,
      {
        diagnosis: {
          value: {
            ...diagnosis,
            providers: [
              {
                name: "models",
                kind: "openai",
                secret: "OPENAI_API_KEY",
                needed: false,
                set: false,
                binding: "MODELS",
                bound: false,
              },
            ],
          },
        },
      },
    ],
    [
      "a secret that should be JSON",
      "secrets",
      "fail",
      /no JSON.*OPENAI_API_KEY \(openai\)/,
      {
        diagnosis: {
          value: {
            ...diagnosis,
            providers: diagnosis.providers.map((one) => ({ ...one, broken: one.set })),
          },
        },
      },
    ],
    ["no models", "policy", "warn", /version 3, no model/, { models: { value: 0 } }],
    ["no signing key", "signing key", "fail", /TALLYGATE_SIGNING_KEY/, { keys: { value: 0 } }],
    [
      "trouble with the archive",
      "archive",
      "fail",
      /l_0: the bucket/,
      { archive: { value: [{ ...shard, trouble: "the bucket does not answer" }] } },
    ],
    [
      "an archive that does not keep up",
      "archive",
      "warn",
      /more than usual/,
      { archive: { value: [{ ...shard, events: 90_000 }] } },
    ],
    ["a fork", "faults", "fail", /fork in u_1 at 7/, { faults: { value: [fork] } }],
    [
      "a sink that cannot be reached",
      "sinks",
      "fail",
      /siem: it answered 401/,
      { sinks: { value: [{ sink: "siem", deadLetters: 0, trouble: "it answered 401" }] } },
    ],
    [
      "a sink that refused something",
      "sinks",
      "warn",
      /siem refused 2 events/,
      { sinks: { value: [{ sink: "siem", deadLetters: 2 }] } },
    ],
    ["no console", "console", "warn", /build:console/, { console: { value: false } }],
  ];

describe("of a deployment", () => {
  it("that is well, finds nothing", () => {
    expect(examine(well).filter(({ state }) => state !== "ok")).toEqual([]);
  });

  it.each(planted)("with %s, finds that and nothing else", (_what, check, state, told, facts) => {
    const found = examine({ ...well, ...facts }).filter((finding) => finding.state !== "ok");
    expect(found).toEqual([{ check, state, message: expect.stringMatching(told) as string }]);
  });

  it("says once that the key is not taken", () => {
    const refused = { refused: "The key expired." };
    const findings = examine({ ...well, who: refused, diagnosis: refused, faults: refused });
    expect(findings.filter(({ message }) => message === "The key expired.")).toHaveLength(1);
    expect(findings).toContainEqual({
      check: "faults",
      state: "skip",
      message: "needs a key that is taken",
    });
  });

  it("has every check planted once", () => {
    const checks = new Set(planted.map(([, check]) => check));
    expect(examine(well).map(({ check }) => check)).toEqual([...checks]);
  });
});

describe("of a gateway", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());
  const as = (key: string, ...args: string[]): Promise<Outcome> =>
    tallygate(["doctor", ...args], { TALLYGATE_URL: gateway.url, TALLYGATE_KEY: key });

  it("tells an admin all of it, and that development values are right here", async () => {
    const { code, out, err } = await as(gateway.keys.admin);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^ok +key +admin of dev, admin$/m);
    expect(out).toMatch(/^ok +clock /m);
    expect(out).toMatch(/^ok +development +.*right on this machine only$/m);
    expect(out).toMatch(/^ok +faults +none$/m);
    // Whether the console is there depends on whether it was built on this machine.
    expect(out).toMatch(/^(All is well|0 to mend, 1 to look at)\.$/m);
  });

  it("is told what a policy lacks, by name and never by value", async () => {
    const set = (...pairs: string[]): Promise<Outcome> =>
      tallygate(["policy", "set", ...pairs, "--wait"], {
        TALLYGATE_URL: gateway.url,
        TALLYGATE_KEY: gateway.keys.admin,
      });
    await set('providers.real={"kind":"openai","secret":"NOT_SET_KEY"}');
    const { code, out } = await as(gateway.keys.auditor, "--json");
    const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: object[] };
    expect([code, ok]).toEqual([1, false]);
    expect(findings).toContainEqual({
      check: "secrets",
      state: "fail",
      message: "missing: NOT_SET_KEY (real). npx wrangler secret put each.",
    });
    const answer = await ask(`${gateway.url}/admin/diagnosis`, { key: gateway.keys.admin });
    expect(answer.text).not.toContain("dev-upstream");
  });

  it("skips what a member may not know; who may is on record for having asked", async () => {
    const { code, out } = await as(gateway.keys.alice);
    expect([code, out]).toEqual([0, expect.stringMatching(/^skip +secrets +This is for admin/m)]);
    for (const at of ["/admin/diagnosis", "/audit/faults"]) {
      expect((await ask(`${gateway.url}${at}`)).status).toBe(401);
      expect((await ask(`${gateway.url}${at}`, { key: gateway.keys.alice })).status).toBe(403);
    }
    const read = await ask(`${gateway.url}/audit/faults`, { key: gateway.keys.auditor });
    expect([read.status, read.json]).toMatchObject([200, { faults: [] }]);
    await expect
      .poll(
        async () => {
          const at = `${gateway.url}/audit/events?action=faults.read&user=auditor`;
          const { json } = await ask(at, { key: gateway.keys.auditor });
          return (json["events"] as unknown[]).length;
        },
        { timeout: 60_000 },
      )
      .toBeGreaterThan(0);
  });

  it("says in one line that nobody, or somebody else, answers", async () => {
    const silent = { TALLYGATE_URL: "http://127.0.0.1:9", TALLYGATE_KEY: "k" };
    expect(await tallygate(["doctor"], silent)).toMatchObject({ code: 3, out: "" });
  });
});
