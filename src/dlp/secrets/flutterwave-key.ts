/** Flutterwave key. */
import { tokenDetector } from "../kit/token.ts";

export const flutterwaveKey = tokenDetector({
  id: "flutterwave-key",
  title: "Flutterwave key",
  prefixes: ["FLWPUBK_TEST-", "FLWSECK_TEST-", "FLWPUBK-", "FLWSECK-"],
  extra: "_-",
  pattern: /^FLW(?:PUBK|SECK)(?:_TEST)?-[a-zA-Z0-9]{12,40}(?:-X)?(?![\w-])/,
});
