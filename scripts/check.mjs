/** `npm run check`: form, lint, types, rooms and dead code. */
import { run } from "./bootstrap.mjs";

await run("check.ts");
