#!/usr/bin/env node
/** `npx tallygate ...`: out of a clone by its sources, out of the installed package as it was built. */
import { existsSync } from "node:fs";

/** The oldest Node that has what the built command line uses; a clone brings its own. */
const nodeMajorMin = 22;

if (existsSync(new URL("bootstrap.mjs", import.meta.url))) {
  const { run } = await import("./bootstrap.mjs");
  // The command runs in this package's folder; paths are meant from where it was called.
  process.env.TALLYGATE_CWD = process.cwd();
  await run("cli/main.ts");
} else if (Number.parseInt(process.versions.node, 10) < nodeMajorMin) {
  process.stderr.write(
    `tallygate: Node ${process.versions.node} is too old for the command line: use Node ${nodeMajorMin} or newer.\n`,
  );
  process.exitCode = 1;
} else await import("../dist/cli/main.js");
