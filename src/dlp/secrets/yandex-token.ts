/** Yandex Cloud token. */
import { tokenDetector } from "../kit/token.ts";

export const yandexToken = tokenDetector({
  id: "yandex-token",
  title: "Yandex Cloud token",
  prefixes: ["t1.", "AQVN", "YC"],
  extra: "_-.=",
  pattern:
    /^(?:t1\.[A-Za-z0-9_-]{5,300}={0,2}\.[A-Za-z0-9_-]{80,90}={0,2}|AQVN[A-Za-z0-9_-]{35,38}|YC[A-Za-z0-9_-]{38})(?![\w-])/,
});
