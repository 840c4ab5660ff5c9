/** Supabase key. */
import { tokenDetector } from "../kit/token.ts";

export const supabaseKey = tokenDetector({
  id: "supabase-key",
  title: "Supabase key",
  prefixes: ["sbp_", "sb_secret_"],
  extra: "_-",
  pattern: /^(?:sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{30,60})(?![\w-])/,
});
