/** Writes docs/providers.md from the registry; `--check` only says whether it is true. */
import { run } from "./bootstrap.mjs";

await run("docs-providers.ts");
