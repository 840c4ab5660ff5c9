/** Writes docs/events.md from the schemas of all events; `--check` only says whether it is true. */
import { run } from "./bootstrap.mjs";

await run("docs-events.ts");
