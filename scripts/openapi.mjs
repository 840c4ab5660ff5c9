/** `npm run docs:openapi`: the API's description, written again from the schemas that the edge checks with. */
import { run } from "./bootstrap.mjs";

await run("openapi.ts");
