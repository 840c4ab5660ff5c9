import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressProblem } from "#policy/address.ts";
import { PolicyDocument, type PolicyInput } from "#policy/document.ts";
import { hashPolicy } from "#policy/hash.ts";
import { documentBytesMax } from "#policy/limits.ts";
import { type KnownFeatures, validatePolicy } from "#policy/validate.ts";
import { samplePolicy } from "./sample.ts";

const known: KnownFeatures = {
  providerKinds: new Set(["openai", "anthropic"]),
  checkDlpRules: () => [],
};

/** The paths that validation complains about, after a change to a policy that is fine. */
function pathsAfter(change: (policy: PolicyInput) => void, features = known): string[] {
  const policy = samplePolicy();
  change(policy);
  const result = validatePolicy(policy, features);
  return result.ok ? [] : result.problems.map(({ path }) => path);
}

/** Where the policy with these budgets has problems. */
function problemsOf(budgets: object[]): string[] {
  const checked = validatePolicy({ ...samplePolicy(), budgets }, known);
  return checked.ok ? [] : checked.problems.map(({ path }) => path);
}

/** Where the policy with these routes has problems. */
function routes(...all: NonNullable<PolicyInput["routes"]>): string[] {
  return pathsAfter((policy) => (policy.routes = all));
}

describe("a policy document", () => {
  it("that is fine is taken, with every default written out", () => {
    const result = validatePolicy(samplePolicy(), known);
    expect(result.ok).toBe(true);
    if (!result.ok) return;
    expect(result.document).toEqual(PolicyDocument.parse(samplePolicy()));
    expect(result.document.accounting.mode).toBe("strict");
    expect(validatePolicy(result.document, known)).toEqual(result);
  });

  it("as the reference page shows it is one", () => {
    const page = readFileSync("docs/reference/policy.md", "utf8");
    const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(validatePolicy(JSON.parse(example), known)).toMatchObject({ ok: true });
  });

  it("gives no provider a name of the gateway's own addresses", () => {
    for (const name of ["audit", "usage", "admin", "v1", "compat", "Console"]) {
      const paths = pathsAfter((policy) => (policy.providers[name] = { kind: "openai" }));
      expect(paths).toEqual([`providers.${name}`]);
    }
    expect(pathsAfter((policy) => (policy.providers["audits"] = { kind: "openai" }))).toEqual([]);
  });

  it("has rules for routes that are there only", () => {
    const when = { routes: ["agents", "gone"] };
    const change = (policy: PolicyInput) => {
      policy.routes = [{ name: "agents", candidates: [{ provider: "main" }] }];
      policy.limits = [{ name: "l", metric: "requests", limit: 1, windowMs: 1_000, when }];
      policy.concurrency = [{ name: "c", limit: 1, when }];
      policy.budgets = [{ name: "b", limitUsd: 1, when: { routes: ["agents"] } }];
    };
    expect(pathsAfter(change)).toEqual(["limits[0].when.routes", "concurrency[0].when.routes"]);
    const counted = { name: "b", limitUsd: 1, scope: "route" } as const;
    expect(pathsAfter((policy) => (policy.budgets = [counted]))).toEqual(["budgets[0].scope"]);
  });

  it("names none of the gateway's own secrets as a provider's credential", () => {
    for (const secret of ["TALLYGATE_SECRET", "TALLYGATE_SIGNING_KEY", "TALLYGATE_ANYTHING"]) {
      const policy = samplePolicy();
      policy.providers["main"]!.secret = secret;
      expect(validatePolicy(policy, known)).toEqual({
        ok: false,
        problems: [
          {
            path: "providers.main.secret",
            message: `"${secret}" is a secret of the gateway itself and is never sent to a provider; keep the credential in a secret of another name`,
          },
        ],
      });
    }
    const own = pathsAfter((policy) => (policy.providers["main"]!.secret = "MY_TALLYGATE_KEY"));
    expect(own).toEqual([]);
  });

  it("names the address of a provider that each customer has at another", () => {
    const form = "https://{resource}.openai.azure.com/openai/v1";
    const features = { ...known, baseUrlForms: new Map([["openai", form]]) };
    const result = validatePolicy(samplePolicy(), features);
    expect(result).toEqual({
      ok: false,
      problems: [
        {
          path: "providers.main.baseUrl",
          message: `each customer of "openai" has an address; write yours, as in "${form}"`,
        },
      ],
    });
    const baseUrl = "https://acme.openai.azure.com/openai/v1";
    const named = (policy: PolicyInput) => (policy.providers["main"] = { kind: "openai", baseUrl });
    expect(pathsAfter(named, features)).toEqual([]);
  });

  it("is refused with the place of every broken reference", () => {
    expect(pathsAfter((policy) => (policy.defaultTier = "gold"))).toEqual(["defaultTier"]);
    expect(pathsAfter((policy) => (policy.providers["main"]!.kind = "acme"))).toEqual([
      "providers.main.kind",
    ]);
    expect(pathsAfter((policy) => delete policy.providers["main"])).toEqual([
      "tiers.standard.candidates[1].provider",
      "tiers.premium.candidates[0].provider",
      "tiers.premium.candidates[2].provider",
    ]);
    expect(pathsAfter((policy) => (policy.tiers["premium"]!.downgradeTo = "gold"))).toEqual([
      "tiers.premium.downgradeTo",
    ]);
    expect(pathsAfter((policy) => (policy.timeZone = "Mars/Base"))).toEqual(["timeZone"]);
  });

  it("is refused when downgrades lead in a circle", () => {
    const circle = pathsAfter((policy) => (policy.tiers["standard"]!.downgradeTo = "premium"));
    expect(circle).toEqual(["tiers.standard.downgradeTo", "tiers.premium.downgradeTo"]);
    const itself = pathsAfter((policy) => (policy.tiers["standard"]!.downgradeTo = "standard"));
    expect(itself).toEqual(["tiers.standard.downgradeTo"]);
  });

  it("is refused when two limits, budgets or rules have one name", () => {
    const rule = { id: "card", detector: "card", directions: ["prompt" as const] };
    expect(
      pathsAfter((policy) => {
        policy.concurrency![0]!.name = "rpm";
        policy.budgets![1]!.name = "month";
        policy.dlp = {
          rules: [
            { ...rule, action: "redact" },
            { ...rule, action: "block" },
          ],
        };
      }),
    ).toEqual(["limits", "budgets", "dlp.rules"]);
  });

  it("is refused when a rate of a team or the organisation evens out instead of counting", () => {
    const rate = { name: "a", metric: "requests" as const, limit: 1, windowMs: 1_000 };
    const limits = [{ ...rate, scope: "team" as const, mode: "gcra" as const }];
    expect(validatePolicy({ ...samplePolicy(), limits }, known)).toMatchObject({
      ok: false,
      problems: [{ path: "limits[0].mode", message: expect.stringContaining("team") }],
    });
    const exact = [{ ...rate, scope: "organisation" as const, mode: "fixed" as const }];
    expect(validatePolicy({ ...samplePolicy(), limits: exact }, known)).toMatchObject({ ok: true });
  });

  it("is refused for a team's budget whose parent is missing, itself, a team's, of another period, narrower or taken", () => {
    const org = { name: "org", limitUsd: 9, scope: "organisation" as const };
    const team = { name: "team", limitUsd: 1, scope: "team" as const, parent: "org" };
    expect(problemsOf([org, team])).toEqual([]);
    expect(problemsOf([team])).toEqual(["budgets[0].parent"]);
    expect(problemsOf([{ ...team, parent: "team" }])).toEqual(["budgets[0].parent"]);
    expect(problemsOf([{ ...org, parent: "org" }])).toEqual(["budgets[0].parent"]);
    expect(problemsOf([org, { ...team, period: "day" }])).toEqual(["budgets[1].parent"]);
    const narrow = { ...org, when: { models: ["gpt-*"] } };
    expect(problemsOf([narrow, team])).toEqual(["budgets[1].parent"]);
    expect(problemsOf([narrow, { ...team, when: { models: ["gpt-*"] } }])).toEqual([]);
    const twin = { ...team, name: "twin" };
    expect(problemsOf([org, team, twin])).toEqual(["budgets[1].parent", "budgets[2].parent"]);
  });

  it("is refused for a price with a star in its middle and for amounts that are no integers", () => {
    const price = { inputUsdPerMtok: 1, outputUsdPerMtok: 1 };
    expect(pathsAfter((policy) => (policy.prices!["g*t"] = price))).toEqual(["prices[2]"]);
    expect(pathsAfter((policy) => (policy.limits![0]!.limit = 1.5))).toEqual(["limits[0].limit"]);
    expect(pathsAfter((policy) => (policy.limits![1]!.limit = 1e-10))).toEqual(["limits[1].limit"]);
    expect(pathsAfter((policy) => (policy.limits![1]!.limit = 1e8))).toEqual(["limits[1].limit"]);
  });

  it("is refused for routes with unknown providers, names used twice, headers that hold secrets", () => {
    const route = { name: "one", candidates: [{ provider: "main" }] };
    expect(routes(route)).toEqual([]);
    expect(routes({ ...route, candidates: [{ provider: "none" }] })).toEqual([
      "routes[0].candidates[0].provider",
    ]);
    expect(routes(route, route)).toEqual(["routes"]);
    expect(routes({ ...route, when: { headers: { authorization: ["x"] } } })).toEqual([
      "routes[0].when.headers.authorization",
    ]);
    expect(routes({ ...route, when: { headers: { "X-Team": ["x"] } } })).toEqual([
      "routes[0].when.headers.X-Team",
    ]);
    expect(routes({ ...route, when: { share: { from: 5, to: 5 } } })).toEqual([
      "routes[0].when.share",
    ]);
    const weightless = [{ provider: "main", weight: 0 }];
    expect(routes({ ...route, balance: "weight", candidates: weightless })).toEqual([
      "routes[0].candidates",
    ]);
  });

  it("passes on what the rest of the gateway says about its rules", () => {
    const features: KnownFeatures = {
      ...known,
      checkDlpRules: () => [{ path: "rules.0.pattern", message: "no" }],
    };
    expect(pathsAfter(() => {}, features)).toEqual(["dlp.rules[0].pattern"]);
  });

  it("is refused when it is too large to live in one event", () => {
    const words = Array.from({ length: 1_000 }, (_, n) => `${n}`.padEnd(150, "x"));
    const rule = { dictionary: words, directions: ["prompt" as const], action: "warn" as const };
    const paths = pathsAfter((policy) => {
      policy.dlp = {
        rules: [
          { id: "one", ...rule },
          { id: "two", ...rule },
        ],
      };
    });
    expect(documentBytesMax).toBeLessThan(2 * 1_000 * 150);
    expect(paths).toEqual([""]);
  });

  it("of any shape is judged without an exception", () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        expect(typeof validatePolicy(input, known).ok).toBe("boolean");
      }),
      { numRuns: 300 },
    );
  });
});

describe("a provider's address", () => {
  it.each([
    "https://api.example.com/v1",
    "http://example.com:8080",
    "https://[2606:4700::1111]/",
    "https://8.8.8.8",
  ])("may be public: %s", (address) => {
    expect(addressProblem(address, false)).toBeUndefined();
  });

  it.each([
    "http://127.0.0.1:4010/v1",
    "http://localhost:11434",
    "http://10.1.2.3",
    "http://172.16.0.1",
    "http://192.168.1.1",
    "http://[::1]:80",
    "http://[fd12::1]",
    "http://0x7f.1",
    "http://2130706433",
    "http://ollama:11434",
    "http://[::ffff:10.0.0.1]",
    "http://printer.local.",
  ])("may be private only where the deployment says so: %s", (address) => {
    expect(addressProblem(address, false)).toContain("not allowed here");
    expect(addressProblem(address, true)).toBeUndefined();
  });

  it.each([
    "http://169.254.169.254/latest/meta-data",
    "http://[::ffff:169.254.169.254]",
    "http://[64:ff9b::a9fe:a9fe]",
    "http://0xa9fea9fe/",
    "http://[fe80::1]",
    "http://[fd00:ec2::254]",
    "http://metadata.google.internal",
    "http://100.100.100.200",
    "http://0.0.0.0",
    "http://[::]",
    "http://224.0.0.1",
  ])("is never link-local or a metadata service: %s", (address) => {
    expect(addressProblem(address, true)).toContain("never called");
  });

  it.each(["https://user:pass@example.com", "ftp://example.com", "file:///etc/passwd", "x"])(
    "has no credentials and speaks HTTP: %s",
    (address) => {
      expect(addressProblem(address, true)).toBeTypeOf("string");
    },
  );
});

describe("a policy's hash", () => {
  it("is of what it says, not of how it was written", () => {
    const one = PolicyDocument.parse(samplePolicy());
    const entries = Object.entries(one).toReversed();
    const two = PolicyDocument.parse(Object.fromEntries(entries));
    expect(hashPolicy(two)).toBe(hashPolicy(one));
    expect(hashPolicy({ ...one, timeZone: "UTC" })).not.toBe(hashPolicy(one));
    expect(hashPolicy(one)).toMatch(/^[0-9a-f]{64}$/);
  });
});
