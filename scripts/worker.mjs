/** What wrangler runs before it takes `dist/worker`: the Worker's bundle, as it is deployed. */
import { run } from "./bootstrap.mjs";

await run("worker.ts");
