import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { SettingUnreadable } from "#actors/kit/setting.ts";
import { ViewsRebuilding } from "#actors/ledger/rebuilding.ts";
import { fromUnknown, GATEWAY_CODES, GatewayError, toGatewayCode } from "#edge/errors.ts";

const codes = Object.keys(GATEWAY_CODES) as (keyof typeof GATEWAY_CODES)[];

describe.each(codes)("the code %s", (code) => {
  it("has a status, a type and a word on trying again", () => {
    const error = new GatewayError(code, "Said in a sentence.");
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(error.status).toBeLessThan(600);
    expect(error.type).toMatch(/^[a-z_]+$/);
    expect(error.retryable).toBe(GATEWAY_CODES[code].retryable);
    expect(toGatewayCode(code)).toBe(code);
  });
});

it("only what may pass by itself is worth another try", () => {
  const retryable = codes.filter((code) => GATEWAY_CODES[code].retryable);
  const statuses = new Set(retryable.map((code) => GATEWAY_CODES[code].status));
  expect([...statuses].toSorted((a, b) => a - b)).toEqual([429, 500, 502, 503, 504]);
});

it.each(["__proto__", "toString", "constructor", "no_such_code", ""])(
  "%j is no code, so it is internal",
  (code) => {
    expect(toGatewayCode(code)).toBe("internal");
  },
);

it.each([
  new TypeError("the prompt was: secret"),
  "secret",
  null,
  undefined,
  { message: "secret" },
])("what nobody expected becomes internal, and its own text stays inside", (thrown) => {
  const error = fromUnknown(thrown);
  expect(error.code).toBe("internal");
  expect(error.message).not.toContain("secret");
  expect(error.cause).toBe(thrown);
});

it("a refusal of ours passes as it is", () => {
  const refusal = new GatewayError("provider_rejected", "No.", { status: 422 });
  expect(fromUnknown(refusal)).toBe(refusal);
  expect(refusal.status).toBe(422);
});

it("views that are being folded anew are told as such, with how far they are", () => {
  const error = fromUnknown(new Error(new ViewsRebuilding({ done: 5, of: 9 }).message));
  expect([error.code, error.status, error.retryable]).toEqual(["views_rebuilding", 503, true]);
  expect(error.message).toContain("5 of 9 events");
  expect(fromUnknown(new Error("5 of 9 events")).code).toBe("internal");
});

it("a setting that no actor can read is named, whoever says that the actor did not answer", () => {
  const problem = { name: "TALLYGATE_RESTORED_AT", problem: "it is no time" };
  const told = new Error(new SettingUnreadable(problem).message);
  const unavailable = new GatewayError("policy_unavailable", "No.", { cause: told });
  for (const thrown of [told, unavailable]) {
    const { code, status, retryable, message } = fromUnknown(thrown);
    expect([code, status, retryable]).toEqual(["misconfigured", 503, false]);
    expect(message).toMatch(/^TALLYGATE_RESTORED_AT .* it is no time\. .* operator/);
  }
  // What a provider says is repeated, and believed by nobody.
  const quoted = new GatewayError("provider_rejected", told.message);
  expect(fromUnknown(quoted)).toBe(quoted);
});

it("the page of errors lists every code with its status and whether trying again can help", () => {
  const page = readFileSync(
    path.resolve(import.meta.dirname, "../../docs/reference/errors.md"),
    "utf8",
  );
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (yes|no) \| .{10,} \|$/gm)];
  const listed = rows.map(([, code, status, again]) => [code, Number(status), again === "yes"]);
  const known = codes.map((code) => {
    const { status, retryable } = GATEWAY_CODES[code];
    return [code, status, retryable];
  });
  expect(listed).toEqual(known);
});
