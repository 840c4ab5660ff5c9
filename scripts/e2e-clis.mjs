/** `npm run e2e:clis`: Claude Code and Codex, unmodified, through a gateway on this machine. */
import { run } from "./bootstrap.mjs";

await run("e2e-clis.ts");
