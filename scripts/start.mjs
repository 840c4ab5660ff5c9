/** `npm start`: the gateway on this machine, with a development upstream and a panel of lines to try. */
import { run } from "./bootstrap.mjs";

await run("start.ts");
