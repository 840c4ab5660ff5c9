/** `npm run build:package`: what `npm pack` packs, the client library and the command line, into dist. */
import { run } from "./bootstrap.mjs";

await run("build-package.ts");
