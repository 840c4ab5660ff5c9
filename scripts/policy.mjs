/** `npm run policy -- ...`: `npx tallygate policy ...`. */
import { run } from "./bootstrap.mjs";

process.argv.splice(2, 0, "policy");
await run("cli/main.ts");
