import { describe, expect, it } from "vitest";
import { PolicyDocument } from "#policy/document.ts";
import { Guard, guardFor, guardProblems, type PolicyGuard } from "#policy/guard.ts";
import { resolveFor } from "#policy/resolve.ts";
import { samplePolicy } from "./sample.ts";

const guard = (more: object): PolicyGuard => Guard.parse({ action: "block", ...more });
const stage = (more: object): PolicyGuard =>
  guard({ secondStage: { kind: "json", url: "https://classifier.example/v1", ...more } });
const read = (more: object): boolean => Guard.safeParse({ action: "flag", ...more }).success;
const pathsOf = (of: PolicyGuard, allowPrivate = false): string[] =>
  guardProblems(of, allowPrivate).map(({ path }) => path);

describe("the guard of a policy", () => {
  it("needs no second stage, and one that is fine is taken with its defaults", () => {
    expect(pathsOf(guard({}))).toEqual([]);
    expect(pathsOf(stage({}))).toEqual([]);
    expect(stage({}).secondStage).toMatchObject({
      failMode: "open",
      timeoutMs: 1_500,
      band: { from: 0.2, to: 1 },
    });
  });

  it.each([
    ["two ways to ask", { binding: "AI", model: "m" }, [""]],
    ["no way to ask", { url: undefined }, [""]],
    ["a metadata address", { url: "http://169.254.169.254/" }, [".url"]],
    ["a private address", { url: "https://10.0.0.7/" }, [".url"]],
    ["prompts in clear", { url: "http://classifier.example/" }, [".url"]],
    ["a binding of the gateway", { url: undefined, binding: "USERS", model: "m" }, [".binding"]],
    ["a binding without a model", { url: undefined, binding: "AI" }, [".model"]],
    ["the gateway's secret", { secret: "TALLYGATE_SECRET" }, [".secret"]],
  ])("refuses %s", (_name, more, places) => {
    expect(pathsOf(stage(more))).toEqual(places.map((place) => `guard.secondStage${place}`));
  });

  it("lets development ask on this machine, and metadata services never", () => {
    expect(pathsOf(stage({ url: "http://127.0.0.1:9/classify" }), true)).toEqual([]);
    expect(pathsOf(stage({ url: "http://169.254.169.254/" }), true)).toHaveLength(1);
  });

  it("refuses a band that is empty, and channels that do not exist", () => {
    const second = { kind: "json", url: "https://classifier.example/" };
    expect(read({ secondStage: { ...second, band: { from: 0.5, to: 0.5 } } })).toBe(false);
    expect(read({ byChannel: { mail: { threshold: 0.5 } } })).toBe(false);
    expect(read({ byChannel: { file: { threshold: 0.5 } } })).toBe(true);
  });

  it("of a document from before keeps its bytes", () => {
    expect(Guard.parse({ action: "flag" })).toEqual({ action: "flag" });
  });
});

describe("a route's guard", () => {
  const own = stage({ band: { from: 0.1, to: 0.9 } });

  it("replaces field by field, and nothing where it says nothing", () => {
    expect(guardFor(own, undefined)).toBe(own);
    expect(guardFor(own, { threshold: 0.7 })).toEqual({ ...own, threshold: 0.7 });
    const channels = { ...own, byChannel: { file: { threshold: 0.2 } } };
    expect(guardFor(channels, { byChannel: { user: { action: "flag" } } }).byChannel).toEqual({
      file: { threshold: 0.2 },
      user: { action: "flag" },
    });
  });

  it("narrows the band, or asks nobody a second time", () => {
    const band = { from: 0.4, to: 0.6 };
    expect(guardFor(own, { band }).secondStage).toMatchObject({ kind: "json", band });
    expect(guardFor(own, { secondStage: false })).not.toHaveProperty("secondStage");
    expect(guardFor(guard({}), { band })).not.toHaveProperty("secondStage");
  });

  it("holds for the requests that the route takes, and for no others", () => {
    const document = PolicyDocument.parse({
      ...samplePolicy(),
      guard: { action: "flag" },
      routes: [
        {
          name: "agents",
          when: { tags: ["agent"] },
          candidates: [{ provider: Object.keys(samplePolicy().providers)[0] ?? "" }],
          guard: { action: "block", threshold: 0.3 },
        },
      ],
    });
    const snapshot = { organisation: "o", version: 1, hash: "", document, ledgerShards: 1 };
    const member = { id: "alice", role: "member" as const, tier: "" };
    const under = (tags: string[]) =>
      resolveFor(snapshot, { member, model: "gpt-4o-mini", tags }).guard;
    expect(under(["agent"])).toEqual({ action: "block", threshold: 0.3 });
    expect(under([])).toEqual({ action: "flag" });
  });
});
