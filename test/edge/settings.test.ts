import { expect, it } from "vitest";
import { readIssuers } from "#edge/auth/tokens.ts";
import { publishKeys } from "#edge/record/keys.ts";
import { isBrokenJson, settingProblems } from "#edge/settings.ts";
import { GatewayError } from "#edge/errors.ts";
import type { Env } from "#actors/kit/env.ts";

const issuer = {
  organisation: "dev",
  issuer: "https://idp.example",
  audience: "tallygate",
  jwksUrl: "https://idp.example/keys",
};
const key = Buffer.alloc(32, 7).toString("base64");

it("settings that are right, empty or not there have no problem", () => {
  const values = {
    TALLYGATE_JWT_ISSUERS: JSON.stringify([issuer]),
    TALLYGATE_SIGNING_KEY: key,
    TALLYGATE_RETIRED_KEYS: `${key} ${key}`,
    TALLYGATE_RESTORED_AT: "2026-11-21T09:00:00Z",
    TALLYGATE_WITNESSES: "",
  };
  expect(settingProblems(values)).toEqual([]);
  expect(settingProblems({})).toEqual([]);
});

it("every setting that cannot be read is named with the place, and nothing of its value", () => {
  const wrong = {
    TALLYGATE_JWT_ISSUERS: JSON.stringify([issuer, { ...issuer, jwksUrl: "hunter2" }]),
    TALLYGATE_WITNESSES: '{"hunter2":1}',
    TALLYGATE_SIGNING_KEY: "hunter2",
    TALLYGATE_RETIRED_KEYS: `${key} hunter2`,
    TALLYGATE_RESTORED_AT: "hunter2",
  };
  const problems = settingProblems(wrong);
  expect(problems.map(({ name }) => name)).toEqual(Object.keys(wrong));
  expect(problems[0]?.problem).toBe("it is wrong at 1.jwksUrl");
  expect(JSON.stringify(problems)).not.toContain("hunter2");
});

it.each(["[{", "{}", '"x"', "null", "[1]", '[{"issuer":"hunter2"}]'])(
  "tokens are refused, typed and without the value, while the issuers are %s",
  (setting) => {
    let refused: unknown;
    try {
      readIssuers(setting);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(GatewayError);
    const { code, status, message } = refused as GatewayError;
    expect([code, status]).toEqual(["misconfigured", 503]);
    expect(message).toMatch(/^TALLYGATE_JWT_ISSUERS .* operator/);
    expect(message).not.toContain("hunter2");
  },
);

it("public keys are refused, typed, while the signing key cannot be read", async () => {
  const published = publishKeys({ TALLYGATE_SIGNING_KEY: "hunter2" } as Env);
  await expect(published).rejects.toMatchObject({ code: "misconfigured", status: 503 });
  await expect(published).rejects.not.toThrow("hunter2");
});

it("a secret that begins as JSON and is none is told from a plain key", () => {
  expect(['{"a":', "  {", "{'a': 1}"].map(isBrokenJson)).toEqual([true, true, true]);
  expect(['{"a":1}', "sk-1", "", undefined].map(isBrokenJson)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
