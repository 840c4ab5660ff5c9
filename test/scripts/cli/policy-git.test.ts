/** The policy as a file in git, against a real gateway. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readJsonc } from "../../../scripts/jsonc.ts";
import { weigh } from "../../../scripts/cli/widening.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { tallygate, type Outcome } from "../../support/tallygate.ts";

describe("tallygate policy pull, plan, apply", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());
  const policy = (...args: string[]): Promise<Outcome> =>
    tallygate(["policy", ...args], {
      TALLYGATE_URL: gateway.url,
      TALLYGATE_KEY: gateway.keys.admin,
    });

  it("plans what a file would change, and applies it once, to the version it was planned for", async () => {
    const pulled = await policy("pull");
    expect(pulled.err).toBe("version 1\n");
    const file = path.join(gateway.state, "policy.jsonc");
    writeFileSync(file, `// as it is\n${pulled.out}`);
    expect(await policy("plan", file)).toEqual({
      code: 0,
      out: "Nothing changes: version 1 is this.\n",
      err: "",
    });
    const changed = pulled.out
      .replace('"limit": 60', '"limit": 90')
      .replace('"limitUsd": 5', '"limitUsd": 4')
      .replace('"timeZone": "UTC"', '"timeZone": "Europe/Berlin"');
    writeFileSync(file, changed);
    const plan = await policy("plan", file);
    expect(plan).toEqual({
      code: 2,
      err: "",
      out: [
        "Against version 1:",
        '  timeZone: "UTC" -> "Europe/Berlin"  ? look at it',
        "  limits.requests-per-minute.limit: 60 -> 90  ! allows more",
        "  budgets.month.limitUsd: 5 -> 4",
        "0 added, 3 changed, 0 removed, 1 allow more, 1 to look at.\n",
      ].join("\n"),
    });
    expect(JSON.parse((await policy("plan", file, "--json")).out)).toMatchObject({
      version: 1,
      changes: [{ weight: "unclear" }, { weight: "widens", before: 60, after: 90 }, {}],
    });
    const stale = await policy("apply", file, "--expect-version", "7");
    expect([stale.code, stale.out, stale.err]).toEqual([
      1,
      "",
      expect.stringContaining("version 7"),
    ]);
    const applied = await policy("apply", file, "--expect-version", "1", "--comment", "from git");
    expect([applied.code, applied.err]).toEqual([0, ""]);
    expect(applied.out).toContain("Version 2 is published");
    expect(await policy("apply", file)).toMatchObject({
      code: 0,
      out: "Nothing changes: version 2 is this.\n",
    });
    expect((await policy("pull", "--version", "1")).out).toBe(pulled.out);
  });

  it("ends with 1, not with 2, when there is no plan to speak of", async () => {
    const file = path.join(gateway.state, "bad.json");
    writeFileSync(file, '{"schema": 1, "limits": [{}]}');
    const bad = await policy("plan", file);
    expect([bad.code, bad.err]).toEqual([1, expect.stringContaining("\n  limits[0].name: ")]);
    expect((await policy("plan", "nowhere.json")).code).toBe(1);
    expect((await policy("plan", file, "--nonsense")).code).toBe(1);
    expect((await policy("apply", file)).code).toBe(1);
  });
});

describe("a change", () => {
  const weights: [path: string, before: unknown, after: unknown, weight: string][] = [
    ["limits.rpm.limit", 60, 61, "widens"],
    ["limits.rpm.limit", 61, 60, "harmless"],
    ["limits.rpm", { name: "rpm" }, undefined, "widens"],
    ["limits.rpm", undefined, { name: "rpm" }, "harmless"],
    ["limits.rpm.windowMs", 60_000, 1_000, "widens"],
    ["limits.rpm.mode", "sliding", "gcra", "widens"],
    ["limits.rpm.when.members", undefined, ["a"], "unclear"],
    ["budgets.month.atLimit", "block", "allow", "widens"],
    ["budgets.month.atLimit", "allow", "block", "harmless"],
    ["budgets.month.period", "month", "day", "widens"],
    ["dlp.rules.iban.action", "block", "warn", "widens"],
    ["dlp.rules.iban.action", "warn", "redact", "harmless"],
    ["dlp.rules.iban.mode", "enforce", "monitor", "widens"],
    ["dlp.rules.iban.directions", ["prompt", "answer"], ["prompt"], "widens"],
    ["dlp.rules.iban.channels", undefined, ["user"], "widens"],
    ["dlp.rules.iban.pattern.source", "a", "b", "unclear"],
    ["tiers.standard.maxOutputTokens", 100, undefined, "widens"],
    ["tiers.standard.maxOutputTokens", undefined, 100, "harmless"],
    ["tiers.standard.candidates[0].serves", ["gpt-*"], ["gpt-*", "o1"], "widens"],
    ["tiers.standard.candidates[1]", undefined, {}, "widens"],
    ["models.deny", ["o1*"], [], "widens"],
    ["providers.openai.baseUrl", undefined, "https://elsewhere.example", "widens"],
    ["accounting.unpriced", "deny", { inputUsdPerMtok: 1 }, "widens"],
    ["guard.action", "block", "flag", "widens"],
    ["something.new", 1, 2, "unclear"],
  ];
  it.each(weights)("of %s from %j to %j is weighed", (path, before, after, weight) => {
    const change = {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    };
    expect(weigh(change)).toBe(weight);
  });
});

describe("JSON with comments", () => {
  it("is JSON without them, wherever they stand, and strings keep what looks like one", () => {
    const text = `\uFEFF// first
{ "a": "// no \\" /* comment */", /* b
   is next */ "b": [1, 2, /* last */ ], // end
}`;
    expect(readJsonc(text)).toEqual({ a: '// no " /* comment */', b: [1, 2] });
  });

  it("is refused with the file's own position when it is no JSON", () => {
    expect(() => readJsonc("{ // x\n  oops }")).toThrow(/position 9|line 2 column 3/);
    expect(() => readJsonc("[1 /* open")).toThrow(SyntaxError);
  });
});
