/** ClickHouse Cloud key. */
import { tokenDetector } from "../kit/token.ts";

export const clickhouseKey = tokenDetector({
  id: "clickhouse-key",
  title: "ClickHouse Cloud key",
  prefixes: ["4b1d"],
  extra: "_",
  pattern: /^4b1d[A-Za-z0-9]{38}(?!\w)/,
});
