/** `npm run demo`: the panel's steps against a fresh gateway, each asserted. */
import { run } from "./bootstrap.mjs";

await run("demo.ts");
