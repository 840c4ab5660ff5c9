/** Writes docs/reference/log-vectors: a small archive and everything that a reader of it must find. */
import { run } from "./bootstrap.mjs";

await run("log-vectors.ts");
