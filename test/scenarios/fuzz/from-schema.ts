/** A value that a JSON schema takes: a body to break, for addresses that nobody wrote one for. */

interface Schema {
  $ref?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  type?: string;
  format?: string;
  pattern?: string;
  minimum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  items?: Schema;
}

/** Texts of the forms that fields here have; the first that fits a pattern is taken. */
const words = ["1", "alice", "gpt-4o-mini", "2026-11-21", "abcdefgh", "a/b", "https://a.example"];

const formats: Readonly<Record<string, string>> = {
  date: "2026-11-21",
  "date-time": "2026-11-21T09:00:00Z",
  uri: "https://a.example",
};

function textOf({ format = "", pattern, minLength = 0 }: Schema): string {
  const known = formats[format];
  if (known !== undefined) return known;
  const fits = (word: string): boolean =>
    word.length >= minLength && (pattern === undefined || new RegExp(pattern, "u").test(word));
  return words.find(fits) ?? "x".repeat(Math.max(minLength, 1));
}

/** What a schema takes, with every field that it names. `refs` are what it refers to, by name. */
export function sampleOf(schema: object, refs: Readonly<Record<string, unknown>>): unknown {
  const own = schema as Schema;
  if (own.$ref !== undefined) return refs[own.$ref.split("/").at(-1) ?? ""];
  if (own.const !== undefined) return own.const;
  if (own.enum !== undefined) return own.enum[0];
  const [first] = own.anyOf ?? own.oneOf ?? own.allOf ?? [];
  if (first !== undefined) return sampleOf(first, refs);
  switch (own.type ?? "object") {
    case "string":
      return textOf(own);
    case "integer":
    case "number":
      return own.minimum ?? (own.exclusiveMinimum ?? 0) + 1;
    case "boolean":
      return false;
    case "array":
      return own.items === undefined ? [] : [sampleOf(own.items, refs)];
    default:
      return Object.fromEntries(
        Object.entries(own.properties ?? {}).map(([name, field]) => [name, sampleOf(field, refs)]),
      );
  }
}
