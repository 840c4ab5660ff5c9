/** The fenced blocks of a page, and what is to become of each. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

export interface Block {
  page: string;
  /** The fence's line in the page, from 1. */
  line: number;
  /** What follows the fence: `sh`, `json`, ...; empty for none. */
  language: string;
  text: string;
  /** Why nothing is done with it: `<!-- not run: ... -->` before its fence. */
  excuse: string | undefined;
}

const MARK = /^<!-- not run: (.+) -->$/;

/** Every fenced block of a page's text, in order. */
export function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  let excuse: string | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (open !== undefined) {
      if (fence?.[1] === "") open = undefined;
      else open.text += `${line}\n`;
    } else if (fence !== null) {
      open = { page, line: index + 1, language: fence[1] ?? "", text: "", excuse };
      blocks.push(open);
      excuse = undefined;
    } else if (line !== "") {
      excuse = MARK.exec(line)?.[1];
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the fence is never closed`);
  return blocks;
}

/** Every page that readers are sent to: README, the client's, and all of docs. */
export function docPages(): string[] {
  const docs = readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" });
  const pages = docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
  return ["README.md", "client/README.md", ...pages.sort()];
}

export function readPage(page: string): string {
  return readFileSync(path.join(root, page), "utf8");
}

/** A command of a page, with the lines that the page says it shows. */
export interface Step {
  command: string;
  shows: string[];
}

/** What is run of a page: its `sh` blocks, each with the `text` blocks after it. */
export function stepsOf(blocks: readonly Block[]): Step[] {
  const steps: Step[] = [];
  let last: Step | undefined;
  for (const { language, text, excuse } of blocks) {
    if (language === "sh") {
      last = excuse === undefined ? { command: text, shows: [] } : undefined;
      if (last !== undefined) steps.push(last);
    } else if (language === "text" && excuse === undefined) {
      last?.shows.push(...text.trim().split("\n"));
    }
  }
  return steps;
}
