/** `npm run build:console`: builds the web console into `dist/console` and tells its sizes. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { buildConsole, consoleDist } from "./console-build.ts";

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;

await buildConsole();
const page = readFileSync(path.join(consoleDist, "index.html"), "utf8");
let first = 0;
for (const name of readdirSync(path.join(consoleDist, "assets")).sort()) {
  if (!/\.(js|css)$/.test(name)) continue;
  const bytes = gzipSync(readFileSync(path.join(consoleDist, "assets", name))).length;
  // What the page itself names is loaded before anything is seen.
  const isFirst = page.includes(name);
  if (isFirst) first += bytes;
  console.log(`${isFirst ? "first view" : "later     "}  ${kilobytes(bytes).padStart(9)}  ${name}`);
}
console.log(`first view: ${kilobytes(first)} of JavaScript and CSS, gzipped`);
