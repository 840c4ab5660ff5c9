/** Writes src/providers/price-data.ts from the pinned price package; `--check` only compares. */
import { run } from "./bootstrap.mjs";

await run("price-data.ts");
