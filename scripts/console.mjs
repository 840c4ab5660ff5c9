/** `npm run build:console`: the web console, built for the Worker to serve. */
import { run } from "./bootstrap.mjs";

await run("console.ts");
