/** `npm run deploy`: asks what is needed, deploys, founds the organisation, and tries one real request. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { buildConsole } from "./console-build.ts";
import { deploy, type WranglerRun } from "./deploy-steps.ts";
import { loadWrangler, root } from "./from-wrangler.ts";
import { readJsonc } from "./jsonc.ts";

const usage = `npm run deploy -- [options]
  --dry-run            build and weigh the Worker; needs no account, changes nothing
  --organisation NAME  the first organisation (main)
  --admin ID           its first admin (admin)
  --policy FILE        its first policy; one over the providers whose keys are given when absent
  --url URL            the gateway's address, when it is not the one that wrangler prints
Secrets come from the environment or are asked for: TALLYGATE_SECRET and TALLYGATE_SIGNING_KEY
(each made when there is none, and kept in .tallygate/deployed.env), OPENAI_API_KEY,
ANTHROPIC_API_KEY, GEMINI_API_KEY (each optional). With TALLYGATE_KEY, the key of a member, an upgrade
is checked by a real request, too.
`;

/** Runs wrangler and keeps what it says. */
const wrangler: WranglerRun = (args) =>
  new Promise((resolve, reject) => {
    const file = path.join(root, "node_modules/.bin/wrangler");
    const child = spawn(file, args, {
      cwd: root,
      stdio: ["inherit", "pipe", "pipe"],
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    });
    let output = "";
    let stdout = "";
    child.stdout.on("data", (data) => (stdout += String(data)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => (output += String(data)));
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ ok: code === 0, output, stdout }));
  });

/** Asks for a secret; nobody there to answer means none. */
async function ask(name: string): Promise<string> {
  if (!process.stdin.isTTY) return "";
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(`${name} (empty: none): `)).trim();
  } finally {
    lines.close();
  }
}

/** `[vars]` of wrangler.toml. */
const plainSettings = (): Record<string, unknown> =>
  (loadWrangler().unstable_getMiniflareWorkerOptions(path.join(root, "wrangler.toml"))
    .workerOptions["bindings"] ?? {}) as Record<string, unknown>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      "dry-run": { type: "boolean", default: false },
      organisation: { type: "string", default: "main" },
      admin: { type: "string", default: "admin" },
      policy: { type: "string" },
      url: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  await buildConsole();
  await deploy({
    wrangler,
    ask,
    say: (line) => process.stdout.write(`${line}\n`),
    env: process.env,
    keptFile: path.join(root, ".tallygate", "deployed.env"),
    sleep: setTimeout,
    vars: plainSettings(),
    dryRun: values["dry-run"],
    organisation: values.organisation,
    admin: values.admin,
    url: values.url,
    policy:
      values.policy === undefined ? undefined : readJsonc(readFileSync(values.policy, "utf8")),
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`tallygate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
