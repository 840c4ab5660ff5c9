/** docs/reference/policy.md has every field that a policy may have. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type * as z from "zod";
import { PolicyDocument } from "#policy/document.ts";

interface Definition {
  type: string;
  shape?: Record<string, Schema>;
  innerType?: Schema;
  element?: Schema;
  valueType?: Schema;
  in?: Schema;
  options?: readonly Schema[];
}
type Schema = z.ZodType & { _zod: { def: Definition } };

/** Every field of a schema by its path: lists and maps add `[]`, alternatives nothing. */
function fieldsOf(schema: Schema, at = ""): string[] {
  const { def } = schema._zod;
  const own = Object.entries(def.shape ?? {}).flatMap(([name, field]) => {
    const here = at === "" ? name : `${at}.${name}`;
    return [here, ...fieldsOf(field, here)];
  });
  const inner = [def.innerType, def.in, ...(def.options ?? [])];
  const nested = [def.element, def.valueType];
  return [
    ...own,
    ...inner.flatMap((one) => (one === undefined ? [] : fieldsOf(one, at))),
    ...nested.flatMap((one) => (one === undefined ? [] : fieldsOf(one, `${at}[]`))),
  ];
}

/** The fields that a page does not name, as `name`, as `a.name` or in a sample. */
function unnamed(page: string, fields: readonly string[]): string[] {
  const code = [...page.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([text]) => text).join("\n");
  const words = new Set(code.match(/[A-Za-z][A-Za-z0-9]*/g));
  return fields.filter((field) => !words.has(field.split(".").at(-1)?.replace(/\W/g, "") ?? ""));
}

const page = readFileSync(
  path.resolve(import.meta.dirname, "../../docs/reference/policy.md"),
  "utf8",
);

test("the reference names every field of the schema, whatever it is wrapped in", () => {
  const fields = fieldsOf(PolicyDocument);
  expect(fields.length).toBeGreaterThan(150);
  expect(fields).toEqual(
    expect.arrayContaining([
      "providers[].kind",
      "sinks[].accessKeyId",
      "routes[].candidates[].weight",
      "dlp.rules[].pattern.contextWords",
      "prices[].inputUsdPerMtok",
    ]),
  );
  expect(unnamed(page, fields)).toEqual([]);
});

test("a field that the reference leaves out is seen", () => {
  expect(
    unnamed('`name` and\n```json\n{ "limit": 1 }\n```\n kind', ["a.name", "b.limit", "kind"]),
  ).toEqual(["kind"]);
});

test("every section of a document has words of its own in the reference", () => {
  for (const section of Object.keys(PolicyDocument.shape)) {
    expect(page, section).toMatch(new RegExp(`\`${section}[\`.\\[]`));
  }
});
