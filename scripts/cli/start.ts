/** `tallygate start`: what `npm start` does, by the same program. */
import type { Command } from "./command.ts";

export const start: Command = {
  async run(args) {
    process.argv.splice(2, process.argv.length, ...args);
    await import("../start.ts");
    return 0;
  },
};
