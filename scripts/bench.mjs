/** `npm run bench`: what the gateway costs, as ratios to a bare pass-through Worker. */
import { run } from "./bootstrap.mjs";

await run("../bench/main.ts");
