/**
 * `npm run e2e:clis`: Claude Code and Codex as their makers ship them, through the gateway, each with a
 * call of a tool and its result, against a mock that nobody here wrote. Opt-in: it downloads half a
 * gigabyte into a temporary folder (`--keep DIR` keeps it for the next time) and needs a registry.
 *
 * Both run in a home of their own, with no key but the gateway's and nothing of this environment.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { LLMock, type ChatCompletionRequest, type FixtureResponse } from "@copilotkit/aimock";
import { launch, type Running } from "./gateway.ts";
import { startingPolicy } from "./starting-policy.ts";

const exec = promisify(execFile);

/** The versions that this was last seen to work with. */
const packages = ["@anthropic-ai/claude-code@2.1.329", "@openai/codex@0.169.0"];

const installMs = 600_000;
const runMs = 180_000;

/** What the tool is asked to print: the model cannot know it, so it was run. */
const command = "echo tally-$((40 + 2))";
const printed = "tally-42";

/** Tools that run a command, by the name of each client, with how their argument is called. */
const shells: Readonly<Record<string, (line: string) => object>> = {
  Bash: (line) => ({ command: line, description: "Print a number" }),
  exec_command: (line) => ({ cmd: line }),
  shell: (line) => ({ command: ["bash", "-lc", line] }),
  shell_command: (line) => ({ command: line }),
};

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((part) => textOf(part?.text ?? "")).join(" ") : "";
}

/** Calls the client's shell once; what it gave is then the answer. */
function callShell({ tools }: ChatCompletionRequest): FixtureResponse {
  const name = tools?.map((tool) => tool.function.name).find((one) => Object.hasOwn(shells, one));
  const names = tools?.map((tool) => tool.function.name).join(", ");
  if (name === undefined) return { content: `none of ${names} is a shell`, usage };
  const given = JSON.stringify(shells[name]?.(command));
  return { toolCalls: [{ name, arguments: given }], usage };
}

function tellResult({ messages }: ChatCompletionRequest): FixtureResponse {
  const result = messages.findLast(({ role }) => role === "tool");
  return { content: `The tool said: ${textOf(result?.content).slice(0, 500)}`, usage };
}

const usage = { prompt_tokens: 20, completion_tokens: 5, input_tokens: 20, output_tokens: 5 };

const hasShell = ({ tools }: ChatCompletionRequest): boolean => Boolean(tools?.length);

async function startMock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent", chunkSize: 12 });
  mock.on({ predicate: hasShell, hasToolResult: false }, callShell);
  mock.on({ predicate: hasShell, hasToolResult: true }, tellResult);
  mock.on({ predicate: () => true }, { content: "A title.", usage });
  await mock.start();
  return mock;
}

interface Client {
  name: string;
  bin: string;
  args: string[];
  /** Files of its home, and its environment beside `HOME` and `PATH`. */
  files?: Record<string, string>;
  env: Record<string, string>;
}

const prompt = `Run \`${command}\` and tell me what it printed.`;

function clients({ url, keys }: Running): Client[] {
  const codex = `model = "gpt-4o-mini"
model_provider = "tallygate"

[model_providers.tallygate]
name = "Tallygate"
base_url = "${url}/v1"
env_key = "TALLYGATE_KEY"
wire_api = "responses"
http_headers = { "x-tallygate-tags" = "codex" }
`;
  return [
    {
      name: "Claude Code",
      bin: "claude",
      args: ["-p", prompt, "--allowedTools", "Bash", "--output-format", "text"],
      env: {
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_AUTH_TOKEN: keys.alice,
        ANTHROPIC_CUSTOM_HEADERS: "x-tallygate-tags: claude-code",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        DISABLE_AUTOUPDATER: "1",
        DISABLE_TELEMETRY: "1",
      },
    },
    {
      name: "Codex",
      bin: "codex",
      args: ["exec", "--skip-git-repo-check", "--sandbox", "read-only", prompt],
      files: { "codex/config.toml": codex },
      env: { TALLYGATE_KEY: keys.bob },
    },
  ];
}

/** Runs a client in a home of its own; answers what it printed, or throws with it. */
async function drive(client: Client, bins: string, home: string): Promise<string> {
  const cwd = path.join(home, "work");
  mkdirSync(cwd, { recursive: true });
  for (const [name, text] of Object.entries(client.files ?? {})) {
    const file = path.join(home, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const env = {
    HOME: home,
    PATH: process.env["PATH"],
    CODEX_HOME: path.join(home, "codex"),
    ...client.env,
  };
  mkdirSync(env.CODEX_HOME, { recursive: true });
  const options = { cwd, env, timeout: runMs, maxBuffer: 16 * 1024 * 1024 };
  const running = exec(path.join(bins, client.bin), client.args, options);
  running.child.stdin?.end();
  const { stdout, stderr } = await running;
  return `${stdout}\n${stderr}`;
}

interface Entry {
  outcome: string;
  tags?: string[];
}

/** The finished calls of a member in the books. */
async function entriesOf({ url, keys }: Running, user: string): Promise<Entry[]> {
  const answer = await fetch(`${url}/audit/events?user=${user}&limit=100`, {
    headers: { authorization: `Bearer ${keys.auditor}` },
  });
  const { events } = (await answer.json()) as { events: Entry[] };
  return events.filter(({ outcome }) => outcome !== "admitted");
}

/** Waits until the ledger has two calls of a member: the tool's call, and what came of it. */
async function booked(gateway: Running, user: string): Promise<Entry[]> {
  for (let tries = 0; tries < 60; tries += 1) {
    const entries = await entriesOf(gateway, user);
    if (entries.filter(({ outcome }) => outcome === "completed").length >= 2) return entries;
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
  }
  return entriesOf(gateway, user);
}

/** Fails unless a client ran its tool, said what it printed, and stands in the books as it should. */
async function check(client: Client, user: string, gateway: Running, bins: string): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), "tallygate-cli-"));
  try {
    const said = await drive(client, bins, home);
    if (!said.includes(`The tool said: `) || !said.includes(printed)) {
      throw new Error(`${client.name} did not tell what its tool printed:\n${said.slice(-2_000)}`);
    }
    const entries = await booked(gateway, user);
    const bad = entries.filter(({ outcome }) => outcome !== "completed");
    if (entries.length < 2 || bad.length > 0) {
      throw new Error(`${client.name} is not in the books: ${JSON.stringify(entries)}`);
    }
    const tagged = entries.every(({ tags }) => tags?.length === 1);
    if (!tagged) throw new Error(`${client.name} sent no tags: ${JSON.stringify(entries)}`);
    console.log(`ok ${client.name}: ${entries.length} calls in the books`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function install(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const quiet = ["--no-save", "--no-audit", "--no-fund", "--loglevel", "error"];
  console.log(`installing ${packages.join(" and ")} into ${folder}`);
  await exec("npm", ["install", ...quiet, "--prefix", folder, ...packages], { timeout: installMs });
  return path.join(folder, "node_modules/.bin");
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: "string" } } });
  const folder = values.keep ?? mkdtempSync(path.join(tmpdir(), "tallygate-clis-"));
  const state = mkdtempSync(path.join(tmpdir(), "tallygate-e2e-"));
  const mock = await startMock();
  let gateway: Running | undefined;
  try {
    const bins = await install(path.resolve(folder));
    const policy = startingPolicy({ upstreamUrl: mock.url, live: [] });
    gateway = await launch({ port: 0, state, devVars: false, policy });
    const [claude, codex] = clients(gateway);
    if (claude) await check(claude, "alice", gateway, bins);
    if (codex) await check(codex, "bob", gateway, bins);
  } finally {
    await gateway?.stop();
    await mock.stop();
    rmSync(state, { recursive: true, force: true });
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

await main();
