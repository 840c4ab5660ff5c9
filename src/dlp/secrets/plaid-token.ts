/** Plaid access token. */
import { tokenDetector } from "../kit/token.ts";

export const plaidToken = tokenDetector({
  id: "plaid-token",
  title: "Plaid access token",
  prefixes: ["access-"],
  extra: "_-",
  pattern:
    /^access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?!\w)/,
});
