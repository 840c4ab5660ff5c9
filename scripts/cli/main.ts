/** `npx tallygate`: everything that is done with a gateway from a terminal or from CI. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Complaint, MISUSED, UNREACHED } from "../policy-target.ts";
import { type Command, home, print } from "./command.ts";

/** Each command's module is loaded when it is called: some bring a lot with them. */
const commands: Record<string, { summary: string; load: () => Promise<Command> }> = {
  start: {
    summary: "run a gateway on this machine",
    load: async () => (await import("./start.ts")).start,
  },
  policy: {
    summary: "pull | plan | apply | show | set | versions | rollback ...",
    load: async () => (await import("./policy.ts")).policy,
  },
  keys: {
    summary: "list | issue | rotate | revoke",
    load: async () => (await import("./policy.ts")).keys,
  },
  members: {
    summary: "list | set | remove",
    load: async () => (await import("./policy.ts")).members,
  },
  erase: {
    summary: "make a person's kept texts unreadable, with proof",
    load: async () => (await import("./erase.ts")).erase,
  },
  restore: {
    summary: "one actor's storage as it was at an earlier moment",
    load: async () => (await import("./restore.ts")).restore,
  },
  "correct-price": {
    summary: "settled calls costed anew under another price",
    load: async () => (await import("./correct-price.ts")).correctPrice,
  },
  budgets: {
    summary: "where every budget stands",
    load: async () => (await import("./budgets.ts")).budgets,
  },
  tail: {
    summary: "requests as they happen",
    load: async () => (await import("./tail.ts")).tail,
  },
  export: {
    summary: "the audit list as NDJSON, CSV or Parquet",
    load: async () => (await import("./export.ts")).exporting,
  },
  "what-if": {
    summary: "a draft policy over recorded requests",
    load: async () => (await import("./what-if.ts")).whatIf,
  },
  replay: {
    summary: "a decision made again, or the books as they were",
    load: async () => (await import("./replay.ts")).replay,
  },
  doctor: {
    summary: "what is wrong with a deployment",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  verify: {
    summary: "an archive or evidence against a public key",
    load: async () => (await import("./verify.ts")).verify,
  },
};

const usage = `npx tallygate <command> [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`)
  .join("\n")}

npx tallygate <command> --help says more; --version says which this is. Which gateway, and as whom:
--url and --key, else TALLYGATE_URL and TALLYGATE_KEY, else the local one that \`npm start\` started
last.
`;

const asksForHelp = (word: string): boolean => word === "--help" || word === "-h";

async function main([name = "help", ...args]: string[]): Promise<number> {
  if (name === "help" || asksForHelp(name)) {
    print(usage);
    return 0;
  }
  if (name === "--version" || name === "-v") {
    const manifest = readFileSync(path.join(home, "package.json"), "utf8");
    print((JSON.parse(manifest) as { version: string }).version);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    throw new Complaint(
      `There is no command "${name.slice(0, 60)}"; \`help\` lists them.`,
      MISUSED,
    );
  }
  const loaded = await command.load();
  if (loaded.usage !== undefined && (args.some(asksForHelp) || args[0] === "help")) {
    print(loaded.usage);
    return 0;
  }
  return loaded.run(args);
}

const calledFrom = process.env["TALLYGATE_CWD"];
if (calledFrom !== undefined) process.chdir(calledFrom);

// No `process.exit`: what is still on its way to a pipe would be lost.
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`tallygate: ${text}\n`);
    process.exitCode = error instanceof Complaint ? error.exitCode : UNREACHED;
  },
);
