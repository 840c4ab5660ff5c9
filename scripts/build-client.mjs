/** `npm run build:client`: the client library's JavaScript and types, into client/dist. */
import { run } from "./bootstrap.mjs";

await run("build-client.ts");
