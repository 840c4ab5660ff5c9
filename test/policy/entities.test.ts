/** The service for entities in a policy, and rules that ask for what it finds. */
import { describe, expect, it } from "vitest";
import { checkRules } from "#dlp/program.ts";
import { type PolicyProblem, validatePolicy } from "#policy/validate.ts";
import { samplePolicy } from "./sample.ts";

const service = { url: "https://ner.example.com/v1/spans", types: ["person"] };
const rule = { id: "names", entity: "person", directions: ["prompt"], action: "redact" };

function problemsOf(entities: object | undefined, rules: object[] = [rule]): PolicyProblem[] {
  const result = validatePolicy(
    { ...samplePolicy(), dlp: { rules, ...(entities && { entities }) } },
    { providerKinds: new Set(["openai", "anthropic"]), checkDlpRules: checkRules },
  );
  return result.ok ? [] : result.problems;
}
const paths = (...all: Parameters<typeof problemsOf>) => problemsOf(...all).map(({ path }) => path);

describe("a service for entities", () => {
  it("is taken by a public address or a binding, and blocks without an answer", () => {
    expect(problemsOf(service)).toEqual([]);
    expect(problemsOf({ binding: "NER", types: ["person"] })).toEqual([]);
  });

  it.each([
    ["neither address nor binding", { types: ["person"] }, "dlp.entities"],
    ["both", { ...service, binding: "NER" }, "dlp.entities"],
    ["a private address", { ...service, url: "https://10.0.0.1/" }, "dlp.entities.url"],
    ["http", { ...service, url: "http://ner.example.com/" }, "dlp.entities.url"],
    ["the gateway's binding", { binding: "KEYS", types: ["person"] }, "dlp.entities.binding"],
    ["the gateway's secret", { ...service, secret: "TALLYGATE_SECRET" }, "dlp.entities.secret"],
    ["no types", { ...service, types: [] }, "dlp.entities.types"],
  ])("with %s is refused", (_name, entities, path) => {
    expect(paths(entities)).toEqual([path]);
  });
});

describe("a rule with `entity`", () => {
  it("is refused without the service, or for what it does not find", () => {
    expect(paths(undefined)).toEqual(["dlp.rules[0].entity"]);
    expect(paths(service, [{ ...rule, entity: "address" }])).toEqual(["dlp.rules[0].entity"]);
  });

  it("is refused on answers, and beside a detector", () => {
    const problems = problemsOf(service, [{ ...rule, directions: ["answer"] }]);
    expect(problems).toMatchObject([{ path: "dlp.rules[0].directions" }]);
    expect(paths(service, [{ ...rule, detector: "email" }])).toEqual(["dlp.rules[0]"]);
  });
});
