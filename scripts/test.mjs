/** `npm test`: every test, in plain Node and in workerd. More arguments go to vitest. */
import { runPackage } from "./bootstrap.mjs";

await runPackage("vitest/vitest.mjs", ["run", ...process.argv.slice(2)]);
