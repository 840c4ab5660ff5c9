/** The policy's schema as a form, and its help. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { helpFor, helpPaths } from "../../console/src/logic/policy-help.ts";
import {
  entryTitle,
  formOf,
  pathText,
  startOf,
  variantOf,
  withValue,
  type FormNode,
  type JsonSchema,
} from "../../console/src/logic/schema-form.ts";
import { PolicyDocument } from "#policy/document.ts";

const form = formOf(z.toJSONSchema(PolicyDocument, { io: "input" }) as JsonSchema);

/** Every path of a form, with a star for names and numbers. */
function pathsOf(node: FormNode, path: string[] = []): string[] {
  const here = [path.join(".")];
  if (node.kind === "object")
    return [...here, ...node.fields.flatMap((field) => pathsOf(field.node, [...path, field.name]))];
  if (node.kind === "record") return [...here, ...pathsOf(node.entry, [...path, "*"])];
  if (node.kind === "list") return [...here, ...pathsOf(node.item, [...path, "*"])];
  return here;
}

const field = (node: FormNode, name: string): FormNode => {
  const found = node.kind === "object" ? node.fields.find((each) => each.name === name) : undefined;
  if (found === undefined) throw new Error(`no field ${name}`);
  return found.node;
};

describe("the policy's form", () => {
  test("has help only for places that there are", () => {
    const paths = pathsOf(form);
    expect(helpPaths.filter((path) => !paths.includes(path))).toEqual([]);
    expect(helpFor(["limits", 3, "windowMs"])).toMatch(/60,000 is a minute/);
    expect(helpFor(["limits", 3])).toBeUndefined();
  });

  test("shows every place in a kind of its own, and says what the schema allows", () => {
    const limits = field(form, "limits");
    const limit = limits.kind === "list" ? limits.item : form;
    const rules = field(field(form, "dlp"), "rules");
    const rule = rules.kind === "list" ? rules.item : form;
    const kinds = [
      field(form, "providers"),
      field(form, "schema"),
      limits,
      field(limit, "windowMs"),
      field(limit, "mode"),
      field(rule, "dictionary"),
      field(rule, "directions"),
      field(field(form, "accounting"), "unpriced"),
      field(field(form, "approvals"), "publish"),
    ].map(({ kind }) => kind);
    expect(kinds).toEqual([
      "record",
      "choice",
      "list",
      "number",
      "choice",
      "lines",
      "some",
      "either",
      "choice",
    ]);
    expect(field(limit, "mode").hint).toBe("sliding by default");
    expect(field(field(form, "accounting"), "holdMs").hint).toBe(
      "10,000 to 86,400,000, 600,000 by default",
    );
  });

  test("begins a new entry with what it must have, and nothing else", () => {
    const rules =
      form.kind === "object" ? form.fields.find(({ name }) => name === "limits") : undefined;
    const item = rules?.node.kind === "list" ? rules.node.item : form;
    expect(startOf(item)).toEqual({ name: "", metric: "requests", limit: 0, windowMs: 0 });
  });
});

test("a change at one place leaves every other place the very same", () => {
  const document = { a: { b: [1, { c: 2 }] }, d: { e: 1 } };
  const changed = withValue(document, ["a", "b", 1, "c"], 3) as typeof document;
  expect(changed).toEqual({ a: { b: [1, { c: 3 }] }, d: { e: 1 } });
  expect(changed.d).toBe(document.d);
  expect(withValue(document, ["a", "b", 0], undefined)).toEqual({
    a: { b: [{ c: 2 }] },
    d: { e: 1 },
  });
  expect(withValue(document, ["d", "e"], undefined)).toEqual({ a: document.a, d: {} });
  const step = fc.oneof(fc.constantFrom("a", "b", "x"), fc.nat({ max: 3 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4 }), fc.integer(), (steps, value) => {
      const made = withValue({}, steps, value);
      const read = steps.reduce<unknown>(
        (place, each) => (place as Record<string | number, unknown>)[each],
        made,
      );
      expect(read).toBe(value);
    }),
    { seed: 23, numRuns: 200 },
  );
});

test("which of several kinds a value is of is told by the value", () => {
  const of = formOf({ anyOf: [{ const: "deny" }, { type: "object", properties: {} }] });
  expect(of.kind).toBe("either");
  if (of.kind !== "either") return;
  expect([variantOf(of.of, "deny"), variantOf(of.of, { a: 1 }), variantOf(of.of, 5)]).toEqual([
    0, 1, 0,
  ]);
});

test("paths read as problems write them, and entries have names", () => {
  expect(pathText(["tiers", "a", "candidates", 0, "model"])).toBe("tiers.a.candidates[0].model");
  expect([entryTitle({ id: "cards" }, 0), entryTitle({}, 1), entryTitle("x", 2)]).toEqual([
    "cards",
    "#2",
    "#3",
  ]);
});
