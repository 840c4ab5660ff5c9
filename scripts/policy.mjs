/** `npm run policy -- ...`: reads and changes the policy, the keys and the members of a gateway. */
import { run } from "./bootstrap.mjs";

await run("policy-cli.ts");
