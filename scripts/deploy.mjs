/** `npm run deploy`: the gateway into one's own Cloudflare account. */
import { run } from "./bootstrap.mjs";

await run("deploy.ts");
