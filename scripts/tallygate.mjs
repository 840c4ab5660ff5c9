#!/usr/bin/env node
/** `npx tallygate ...`: what an auditor runs. */
import { run } from "./bootstrap.mjs";

// The command runs in this package's folder; paths are meant from where it was called.
process.env.TALLYGATE_CWD = process.cwd();
await run("cli/main.ts");
