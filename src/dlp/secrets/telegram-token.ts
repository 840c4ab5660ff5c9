/** Telegram bot token. */
import { tokenDetector } from "../kit/token.ts";

export const telegramToken = tokenDetector({
  id: "telegram-token",
  title: "Telegram bot token",
  prefixes: [":A"],
  extra: "_-:",
  pattern: /^\d{5,16}:A[A-Za-z0-9_-]{34}(?![\w-])/,
  back: 18,
  backMin: 5,
  maxLength: 64,
});
