import { describe, expect, it } from "vitest";
import {
  parseCredential,
  readCookie,
  readCredential,
  whatWasBrought,
} from "#edge/auth/credentials.ts";

const keyOf = (letter: string) => `tg_dev_${letter.repeat(12)}_${letter.repeat(40)}`;
const [first, second] = [keyOf("a"), keyOf("b")];
const asked = (headers: Record<string, string>, query = "") =>
  readCredential(new Request(`https://gateway.test/v1/models${query}`, { headers }));
const rawOf = (credential: ReturnType<typeof asked>): unknown =>
  credential?.kind === "api-key" ? credential.raw : credential?.kind;

describe("a key", () => {
  it.each([
    ["authorization", `Bearer ${first}`],
    ["authorization", `bearer  ${first} `],
    ["authorization", first],
    ["cf-aig-authorization", `Bearer ${first}`],
    ["x-api-key", first],
    ["x-goog-api-key", first],
    ["api-key", first],
  ])("in %s: %s is found", (name, value) => {
    expect(rawOf(asked({ [name]: value }))).toBe(first);
  });

  it("in the query string is found, as Gemini's clients send it", () => {
    expect(rawOf(asked({}, `?key=${first}`))).toBe(first);
    expect(asked({}, "?key=AIzaSomethingElse")).toBeUndefined();
  });

  it("in cf-aig-authorization wins, so that Authorization stays the provider's", () => {
    const headers = { authorization: `Bearer ${second}`, "cf-aig-authorization": first };
    expect(rawOf(asked(headers))).toBe(first);
    expect(rawOf(asked({ authorization: "Bearer sk-somebody-elses", "x-api-key": first }))).toBe(
      first,
    );
  });

  it("comes before a session", () => {
    const cookie = "a=b; tallygate_session=v1.x.y=";
    expect(rawOf(asked({ cookie, authorization: first }))).toBe(first);
    expect(asked({ cookie })).toEqual({ kind: "session", cookie: "v1.x.y=" });
  });
});

it.each([
  "",
  "Bearer",
  "tg_",
  "tg_dev",
  "tg_dev_a_b_c_d",
  "tg_DEV_aaaaaaaaaaaa_aaaa",
  "tg_../x_aaaaaaaaaaaa_aaaa",
  `${first} `,
  `${first},${second}`,
  "sk-ant-api03-x",
  "a.b",
  "x".repeat(100_000),
])("%j is no credential of ours", (value) => {
  expect(parseCredential(value)).toBeUndefined();
});

it("three parts with dots are a token", () => {
  expect(parseCredential("eyJh.eyJp.c2ln")).toEqual({ kind: "token", token: "eyJh.eyJp.c2ln" });
});

it.each([
  [null, undefined],
  ["", undefined],
  [";;;=", undefined],
  ["tallygate_session", ""],
  ["not_tallygate_session=1", undefined],
  ["a=1;tallygate_session=x=y ; b=2", "x=y"],
])("the cookie header %j holds the session %j", (header, value) => {
  expect(readCookie(header, "tallygate_session")).toBe(value);
});

describe("a caller without a credential", () => {
  it.each([
    ["nothing", {}],
    ["nothing", { authorization: "Bearer " }],
    ["foreign", { authorization: "Bearer sk-a-providers-own" }],
    ["foreign", { "x-api-key": "sk-ant-a-providers-own" }],
    ["broken", { authorization: `Bearer ${first.slice(0, -1)}` }],
    ["broken", { authorization: "Bearer sk-a-providers-own", "x-tallygate-key": "tg_dev" }],
  ] as const)("brought something %s with %j", (what, headers) => {
    const request = new Request("https://gateway.test/v1/models", { headers });
    expect(readCredential(request)).toBeUndefined();
    expect(whatWasBrought(request)).toBe(what);
  });
});
