/** What a gateway has on this machine's disk. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

function* filesOf(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (statSync(file).isDirectory()) yield* filesOf(file);
    else yield file;
  }
}

/** The files below a folder that hold a text in clear. */
export const filesHaving = (folder: string, text: string): string[] =>
  [...filesOf(folder)].filter((file) => readFileSync(file).includes(text));
