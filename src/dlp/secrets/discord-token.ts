/** Discord bot token. */
import { tokenDetector } from "../kit/token.ts";

export const discordToken = tokenDetector({
  id: "discord-token",
  title: "Discord bot token",
  prefixes: ["MT", "MD", "Mz", "Mj", "NT", "ND", "Nj", "Nz", "OD", "OT"],
  extra: "_-.",
  pattern: /^[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![\w-])/,
  maxLength: 120,
});
