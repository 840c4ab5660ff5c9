/** `tallygate start`: what `npm start` does, by the same program. */
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Complaint, MISUSED } from "../policy-target.ts";
import type { Command } from "./command.ts";

/** Only a clone has it, and the runtime that it needs. */
const program = path.join(import.meta.dirname, "../start.ts");

export const start: Command = {
  async run(args) {
    if (!existsSync(program)) {
      throw new Complaint(
        "The installed package holds the command line and the client library: to run a gateway, clone the repository and run `npm start` there.",
        MISUSED,
      );
    }
    process.argv.splice(2, process.argv.length, ...args);
    await import(pathToFileURL(program).href);
    return 0;
  },
};
