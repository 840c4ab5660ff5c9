/** How a block that is no command is checked: it parses, and a piece of policy is valid. */
import { createRequire } from "node:module";
import { PolicyDocument } from "#policy/document.ts";
import { readJsonc } from "../../scripts/jsonc.ts";
import type { Block } from "./doc-blocks.ts";

const require = createRequire(import.meta.url);
/** What knip reads its settings with; nothing of ours needs them otherwise. */
const parsers = createRequire(require.resolve("knip"));

/** JSON as it is written in pages: whole, a list's items one a line, or fields without braces. */
function readJson(text: string): unknown[] {
  const attempts = [text, `{${text}}`];
  for (const attempt of attempts) {
    try {
      return [readJsonc(attempt)];
    } catch {
      // The next form.
    }
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^\s*\/\//.test(line));
  return lines.map((line) => readJsonc(line));
}

/** What every policy needs. */
const EMPTY = { schema: 1, providers: {}, tiers: {} };

/** A piece of policy as a whole document, if that is what it is. */
function asPolicy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = Object.keys(value);
  if (fields.includes("candidates")) return { ...EMPTY, routes: [value] };
  const known = fields.every((field) => Object.hasOwn(PolicyDocument.shape, field));
  return known ? { ...EMPTY, ...value } : undefined;
}

/** Throws when a block is not what its language says, or is a policy that nobody could publish. */
export function checkBlock({ language, text }: Block): void {
  if (language === "json" || language === "jsonc") {
    for (const value of readJson(text)) {
      const document = asPolicy(value);
      if (document !== undefined) PolicyDocument.parse(document);
    }
  } else if (language === "yaml") {
    (parsers("yaml") as { parse(text: string): unknown }).parse(text);
  } else if (language === "toml") {
    (parsers("smol-toml") as { parse(text: string): unknown }).parse(text);
  } else {
    throw new Error(`nobody knows how to check "${language}": say why it need not be`);
  }
}
