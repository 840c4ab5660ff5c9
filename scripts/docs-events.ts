/**
 * docs/events.md: every event and its fields, from the schemas and their doc comments.
 *
 * The schemas say what a field is, the comments in their source say what it means; a page that is
 * written by hand would soon tell another story. `--check` fails when the page is stale.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type * as z from "zod";
import { catalogue, type StreamKind } from "#events/catalogue.ts";
import * as budgetEvents from "#events/budget-events.ts";
import * as correctionEvents from "#events/correction-events.ts";
import * as guardEvents from "#events/guard-events.ts";
import * as leaseEvents from "#events/lease-events.ts";
import * as payloadEvents from "#events/payload-events.ts";
import * as policyEvents from "#events/policy-events.ts";
import * as readerEvents from "#events/reader-events.ts";
import * as restoreEvents from "#events/restore-events.ts";
import * as shadowEvents from "#events/shadow-events.ts";
import * as streamEvents from "#events/stream-events.ts";
import * as userEvents from "#events/user-events.ts";
import * as viewEvents from "#events/view-events.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
export const page = path.join(root, "docs/events.md");

/** The parts of a zod definition that this page reads. */
interface Definition {
  type: string;
  innerType?: Schema;
  element?: Schema;
  shape?: Record<string, Schema>;
  entries?: Record<string, string>;
  values?: readonly unknown[];
  options?: readonly Schema[];
  valueType?: Schema;
  format?: string;
}
type Schema = z.ZodType & { _zod: { def: Definition } };

/** Schemas that several events share: they are described once, and named elsewhere. */
const shared = new Map<Schema, string>(
  Object.entries({
    ...userEvents,
    ...leaseEvents,
    ...payloadEvents,
    ...readerEvents,
    ...correctionEvents,
    ...budgetEvents,
    ...shadowEvents,
    ...viewEvents,
    ...restoreEvents,
    ...guardEvents,
    ...policyEvents,
    ...streamEvents,
  }).flatMap(([name, value]) =>
    name.endsWith("Data") ? [[value as unknown as Schema, name] as const] : [],
  ),
);

const sources = [
  "user",
  "lease",
  "guard",
  "payload",
  "reader",
  "correction",
  "budget",
  "shadow",
  "view",
  "restore",
  "policy",
  "stream",
].map((stream) => readFileSync(path.join(root, `src/events/${stream}-events.ts`), "utf8"));

/** A comment's text in one line. */
function oneLine(comment: string): string {
  return comment
    .replaceAll(/^\s*\*\s?/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** The doc comments of one schema: its own and its fields', by name. */
function commentsOf(name: string): { own: string; fields: Map<string, string> } {
  for (const source of sources) {
    const found = new RegExp(`^(?:export )?const ${name} =`, "m").exec(source);
    if (found === null) continue;
    const start = found.index;
    const before = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(source.slice(0, start));
    const body = source.slice(start, source.indexOf("\n});", start));
    const fields = new Map<string, string>();
    for (const [, comment, field] of body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+):/g)) {
      fields.set(String(field), oneLine(String(comment)));
    }
    return { own: oneLine(before?.[1] ?? ""), fields };
  }
  return { own: "", fields: new Map() };
}

/** A schema's type in a few words. */
function typeOf(schema: Schema): string {
  const name = shared.get(schema);
  if (name !== undefined) return `[${name}](#${name.toLowerCase()})`;
  const { def } = schema._zod;
  return (phrases[def.type] ?? (() => def.type))(def);
}

const code = (values: readonly unknown[]): string =>
  values.map((value) => `\`${String(value)}\``).join(", ");

function innerOf(def: Definition): string {
  const inner = def.innerType ?? def.element ?? def.valueType;
  return inner === undefined ? "anything" : typeOf(inner);
}

/** How each kind of schema reads; the others by their own name. */
const phrases: Record<string, (def: Definition) => string> = {
  optional: innerOf,
  nullable: (def) => `${innerOf(def)} or null`,
  array: (def) => `list of ${innerOf(def)}`,
  record: (def) => `map to ${innerOf(def)}`,
  number: (def) => (def.format === undefined ? "number" : "integer"),
  enum: (def) => code(Object.values(def.entries ?? {})),
  literal: (def) => code(def.values ?? []),
  union: (def) => (def.options ?? []).map(typeOf).join(" or "),
  object: (def) => {
    const fields = Object.entries(def.shape ?? {}).map(([field, of]) => `${field}: ${typeOf(of)}`);
    return `{ ${fields.join(", ")} }`;
  },
  unknown: () => "any JSON",
};

/** A table of a schema's fields; comments come from the first of `names` that has one. */
function fieldsOf(schema: Schema, names: readonly string[]): string {
  const comments = names.map((name) => commentsOf(name).fields);
  const rows = Object.entries(schema._zod.def.shape ?? {}).map(([field, of]) => {
    const optional = of._zod.def.type === "optional" ? " (optional)" : "";
    const meaning = comments.find((fields) => fields.has(field))?.get(field) ?? "";
    return `| \`${field}\`${optional} | ${typeOf(of)} | ${meaning} |`;
  });
  return ["| field | type | meaning |", "|---|---|---|", ...rows].join("\n");
}

/** Events whose data is built on another schema's fields, whose comments then hold for them too. */
const builtOn: Record<string, readonly string[]> = {
  RequestAdmitted: ["AskedData", "HoldAskedData"],
  RequestRefused: ["AskedData", "HoldAskedData"],
  ExpiryCorrected: ["RequestSettled"],
  MemberSet: ["MemberData"],
};

function sectionOf(stream: StreamKind): string {
  const events = catalogue.filter((entry) => entry.stream === stream);
  return events
    .map(({ type, v, schema }) => {
      const { data } = (schema as Schema)._zod.def.shape as { data: Schema };
      const table = fieldsOf(data, [type, ...(builtOn[type] ?? [])]);
      return `### ${type}, version ${v}\n\n${commentsOf(type).own}\n\n${table}`;
    })
    .join("\n\n");
}

function shapes(): string {
  return [...shared]
    .filter(([, name]) => name !== "AskedData" && name !== "MemberData")
    .sort(([, a], [, b]) => (a < b ? -1 : 1))
    .map(
      ([schema, name]) => `### ${name}\n\n${commentsOf(name).own}\n\n${fieldsOf(schema, [name])}`,
    )
    .join("\n\n");
}

/** The whole page. */
export function renderEvents(): string {
  const text = `# Events

Generated by \`node scripts/docs-events.mjs\` from the schemas in \`src/events\`; do not edit.

Every event is stored, exported and hashed as one envelope: \`organisation\`, \`stream\`, \`epoch\`,
\`seq\` (1, 2, 3, ... in its stream, without a gap), \`type\`, \`v\`, \`at\` (milliseconds since 1970, UTC),
\`cause\` (\`command\`, and \`member\` and \`keyId\` where there are any), \`data\`, \`prev\` and \`hash\`. \`hash\` is the
SHA-256 of the canonical JSON (RFC 8785) of everything else, \`prev\` the hash of the event before (64 zeros
for the first), so one trusted hash proves all events before it. A stored event is never rewritten: a
changed shape is a new version \`v\`, old ones are lifted when they are read, and types that a reader does
not know are kept.

No event holds a prompt, an answer, a matched secret or a key. Names that end in \`Nanos\` are integer
nano-US-dollars (1 dollar is 1,000,000,000), in \`Ms\` milliseconds, in \`At\` milliseconds since 1970.

## Of a principal's stream

${sectionOf("user")}

## Of a shared budget's stream

${sectionOf("budget")}

## Of an organisation's policy stream

${sectionOf("policy")}

## Of any stream

${sectionOf("any")}

## Shapes

${shapes()}
`;
  return text.replaceAll(/\n{3,}/g, "\n\n");
}

function main(): void {
  const text = renderEvents();
  if (!process.argv.includes("--check")) {
    writeFileSync(page, text);
    return;
  }
  if (readFileSync(page, "utf8") === text) return;
  console.error("docs/events.md is stale: run `node scripts/docs-events.mjs` and commit it.");
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
