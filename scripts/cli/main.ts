/** The auditor's command line: `npx tallygate verify ...`. */
import { Misused, verifyCommand, verifyUsage } from "./verify.ts";

const commands: Record<string, (args: string[]) => Promise<number>> = { verify: verifyCommand };

async function main(): Promise<number> {
  const [name = "help", ...args] = process.argv.slice(2);
  const command = commands[name];
  if (command !== undefined) return command(args);
  process.stdout.write(verifyUsage);
  return ["help", "--help", "-h"].includes(name) ? 0 : 2;
}

const calledFrom = process.env["TALLYGATE_CWD"];
if (calledFrom !== undefined) process.chdir(calledFrom);

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`tallygate: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof Misused ? 2 : 3);
  },
);
