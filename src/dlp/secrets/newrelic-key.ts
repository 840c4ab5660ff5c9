/** New Relic key. */
import { tokenDetector } from "../kit/token.ts";

export const newrelicKey = tokenDetector({
  id: "newrelic-key",
  title: "New Relic key",
  prefixes: ["NRAK-", "NRII-", "NRJS-", "NRRA-"],
  extra: "_-",
  pattern: /^NR(?:AK|II|JS|RA)-[A-Za-z0-9-]{19,42}(?![\w-])/,
});
