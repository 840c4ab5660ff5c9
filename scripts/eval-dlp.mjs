/**
 * `npm run eval:dlp -- --data DIR [--json]`: how well the detectors and the guard do on labelled
 * data. Starts on any Node from 20 on and goes on under the one the project pins.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const pinned = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
const main = `${here}eval/main.ts`;

if (Number(process.versions.node.split(".")[0]) >= 24) {
  const { run } = await import("./eval/main.ts");
  process.exitCode = await run(process.argv.slice(2));
} else if (existsSync(pinned)) {
  const child = spawnSync(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exitCode = child.status ?? 1;
} else {
  console.error(`${main} needs Node 24: run npm ci first, which installs it for this project.`);
  process.exitCode = 1;
}
