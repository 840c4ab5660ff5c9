/** Pictures of the console's pages for the documentation. */
import { run } from "./bootstrap.mjs";

await run("console-shots.ts");
