/** A deployment without an account: the real bundle, the real founding, a wrangler that only notes. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseEnv, promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { untilUp } from "../../scripts/deploy-check.ts";
import { bundleKibMax, deploy, type DeployOptions } from "../../scripts/deploy-steps.ts";
import { root } from "../../scripts/from-wrangler.ts";
import { readSecret } from "../../scripts/state.ts";
import { startCloudflareAccount } from "../support/cloudflare-account.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";
import { startCalls } from "../support/start-calls.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "tallygate-deploy-"));
  upstream = await startScriptedUpstream();
  gateway = await startGateway();
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
  rmSync(folder, { recursive: true });
});

/** A file for what is made, that is not there yet. */
const newKeptFile = (): string => path.join(folder, randomUUID(), "deployed.env");
const noWorker = 'Worker "tallygate" not found.';
const listed = (...names: string[]): Record<string, string> => ({
  "secret list --format json": JSON.stringify(names.map((name) => ({ name }))),
});

interface Rehearsal {
  said: string[];
  asked: string[];
  commands: string[];
  /** What was uploaded as secrets, and who could read the file. */
  secrets: Record<string, string>;
  secretsMode: number;
  secretsFile: string;
}

/** A wrangler that notes what it was told, in front of the real gateway on this machine. */
async function rehearse(
  more: Partial<DeployOptions> = {},
  answers: Record<string, string> = {},
): Promise<Rehearsal> {
  const seen: Rehearsal = {
    said: [],
    asked: [],
    commands: [],
    secrets: {},
    secretsMode: 0,
    secretsFile: "",
  };
  await deploy({
    dryRun: false,
    organisation: "acme",
    admin: "ada",
    url: gateway.url,
    env: { TALLYGATE_SECRET: readSecret(gateway.state) },
    policy: scriptedPolicy(upstream.url),
    keptFile: newKeptFile(),
    sleep: async () => {},
    say: (line) => seen.said.push(line),
    ask: async (name) => {
      seen.asked.push(name);
      return "";
    },
    wrangler: async (args) => {
      const command = args.filter((arg) => !arg.startsWith("/")).join(" ");
      seen.commands.push(command);
      const folder = args[args.indexOf("--outdir") + 1];
      if (args.includes("--outdir")) writeFileSync(path.join(folder ?? "", "worker.js"), "1");
      const file = args[args.indexOf("--secrets-file") + 1] ?? "";
      if (args.includes("--secrets-file")) {
        seen.secrets = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
        seen.secretsMode = statSync(file).mode & 0o777;
        seen.secretsFile = file;
      }
      const isNew = command.startsWith("secret list") && answers[command] === undefined;
      const output = answers[command] ?? (isNew ? noWorker : "");
      return { ok: !isNew && !output.startsWith("ERROR"), output, stdout: output };
    },
    ...more,
  });
  return seen;
}

it("founds the organisation, signs its admin in once, and tries a real request", async () => {
  const before = upstream.seen.length;
  const { said, asked, commands } = await rehearse();
  expect(commands).toEqual([
    "deploy --dry-run --outdir",
    "whoami",
    "secret list --format json",
    "deploy --secrets-file",
  ]);
  expect(asked).toEqual(["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"]);
  const text = said.join("\n");
  expect(text).toContain("organisation: acme, admin ada");
  expect(text).toMatch(/sign in, once: http\S+/);
  expect(text).toMatch(/check: gpt-4o-mini answered in \d+ ms, request [0-9a-f-]{36}/);
  expect(text).toContain("/console/");
  expect(text).not.toMatch(/tg_acme_/);
  expect(upstream.seen).toHaveLength(before + 1);
});

it("leaves an organisation that exists as it is", async () => {
  const { said } = await rehearse({ organisation: "dev", admin: "admin" });
  expect(said.join("\n")).toContain("dev exists already");
});

it("makes a root secret when there is none, keeps it for its owner, and leaves no file of the upload", async () => {
  const keptFile = newKeptFile();
  const first = { env: { OPENAI_API_KEY: "sk-test" }, keptFile };
  // The gateway on this machine has another secret: founding is refused, after the upload.
  await expect(rehearse(first)).rejects.toThrow("is not the Worker's");
  const kept = readFileSync(keptFile, "utf8");
  expect(kept).toMatch(/^TALLYGATE_SECRET=[\w-]{43}\nTALLYGATE_SIGNING_KEY=\S{44}\n$/);
  expect(statSync(keptFile).mode & 0o777).toBe(0o600);
  // Tried again, nothing is made anew: whoever was interrupted has the same secrets.
  await expect(rehearse(first)).rejects.toThrow("is not the Worker's");
  expect(readFileSync(keptFile, "utf8")).toBe(kept);
  const existing = listed("TALLYGATE_SECRET", "TALLYGATE_SIGNING_KEY");
  const { said, secrets, secretsMode, secretsFile } = await rehearse(
    { env: { OPENAI_API_KEY: "sk-test" } },
    existing,
  );
  expect(secrets).toEqual({ OPENAI_API_KEY: "sk-test" });
  expect(secretsMode).toBe(0o600);
  expect(existsSync(secretsFile)).toBe(false);
  expect(said.join("\n")).toContain("set it in the environment");
});

it("never puts another root secret in the place of the Worker's", async () => {
  const existing = listed("TALLYGATE_SECRET", "TALLYGATE_SIGNING_KEY", "OPENAI_API_KEY");
  const next = Buffer.alloc(32, "next").toString("base64");
  const given = { TALLYGATE_SECRET: "another", TALLYGATE_SIGNING_KEY: next };
  await expect(rehearse({ env: given }, existing)).rejects.toThrow("keeps its own");
  const { secrets } = await rehearse(
    { env: { TALLYGATE_SECRET: readSecret(gateway.state), TALLYGATE_SIGNING_KEY: next } },
    existing,
  );
  expect(secrets).toEqual({ TALLYGATE_SIGNING_KEY: next });
  for (const output of ["ERROR: more than one account", "not JSON"]) {
    const blind = rehearse({}, { "secret list --format json": output });
    await expect(blind).rejects.toThrow(`cannot be listed, so nothing was deployed:\n${output}`);
  }
});

it("makes the archive's signing key when there is none, and keeps one that is", async () => {
  const { secrets, said } = await rehearse();
  expect(Buffer.from(secrets["TALLYGATE_SIGNING_KEY"] ?? "", "base64")).toHaveLength(32);
  expect(said.join("\n")).not.toContain(secrets["TALLYGATE_SIGNING_KEY"]);
  const upgraded = await rehearse({}, listed("TALLYGATE_SIGNING_KEY"));
  expect(upgraded.secrets).not.toHaveProperty("TALLYGATE_SIGNING_KEY");
});

it("checks an upgrade by a real request when it is given a key, and needs no provider's for it", async () => {
  const { said, commands } = await rehearse(
    { env: { TALLYGATE_KEY: gateway.keys.alice }, policy: undefined },
    listed("TALLYGATE_SECRET", "TALLYGATE_SIGNING_KEY"),
  );
  expect(commands).toContain("deploy --secrets-file");
  expect(said.join("\n")).toMatch(/check: gpt-4o-mini answered in \d+ ms, request [0-9a-f-]{36}/);
});

it("waits for an address that is not known everywhere yet", async () => {
  let looks = 0;
  const slow = createServer((_request, response) => {
    looks += 1;
    response.writeHead(looks < 3 ? 404 : 200).end(looks < 3 ? "no such host" : '{"ok":true}');
  });
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  let waits = 0;
  const sleep = async (): Promise<void> => void (waits += 1);
  const said: string[] = [];
  const up = { say: (line: string) => said.push(line), sleep };
  await untilUp(url, up);
  expect([looks, waits, said.length]).toEqual([3, 2, 1]);
  slow.close();
  await expect(untilUp("http://127.0.0.1:9", up)).rejects.toThrow("wrangler tail");
});

it("in Cloudflare's own builds deploys the code alone: nobody is asked, no secret is made", async () => {
  const keptFile = newKeptFile();
  const { said, asked, commands } = await rehearse({ env: { WORKERS_CI: "1" }, keptFile });
  expect(commands).toEqual(["deploy --dry-run --outdir", "deploy"]);
  expect([asked, existsSync(keptFile)]).toEqual([[], false]);
  expect(said.join("\n")).toContain("/health answers");
});

it("stops before anything is changed when nobody is logged in, or the Worker is a developer's", async () => {
  const stranger = rehearse({}, { whoami: "You are not authenticated." });
  await expect(stranger).rejects.toThrow("npx wrangler login");
  await expect(rehearse({}, listed("TALLYGATE_ALLOW_PRIVATE"))).rejects.toThrow(
    "wrangler secret delete TALLYGATE_ALLOW_PRIVATE",
  );
  await expect(rehearse({ policy: undefined })).rejects.toThrow("No provider's key is set");
});

it("stops before anything is built when a setting cannot be read, without showing it", async () => {
  const commands: string[] = [];
  const wrangler = async (args: readonly string[]) => {
    commands.push(args.join(" "));
    return { ok: true, output: "", stdout: "" };
  };
  const broken = rehearse({ wrangler, vars: { TALLYGATE_JWT_ISSUERS: '[{"issuer":"hunter2"' } });
  await expect(broken).rejects.toThrow("TALLYGATE_JWT_ISSUERS cannot be read: it is not JSON.");
  const key = rehearse({ wrangler, env: { TALLYGATE_SIGNING_KEY: "hunter2" } });
  await expect(key).rejects.toThrow(/^TALLYGATE_SIGNING_KEY cannot be read: (?!.*hunter2)/);
  expect(commands).toEqual([]);
});

let built: Promise<string> | undefined;

/** What a dry run without an account says; it leaves the Worker as it is deployed in `dist/worker`. */
function dryRun(): Promise<string> {
  const node = path.join(root, "node_modules/.bin/node");
  const args = [path.join(root, "scripts/deploy.ts"), "--dry-run"];
  built ??= promisify(execFile)(node, args, { cwd: root }).then(({ stdout }) => stdout);
  return built;
}

it("weighs the real bundle in a dry run, with no account", async () => {
  const said = await dryRun();
  const kib = Number(/bundle: ([\d.]+) KiB/.exec(said)?.[1]);
  expect(kib).toBeGreaterThan(50);
  expect(kib).toBeLessThanOrEqual(bundleKibMax);
  // What the project allows itself: kilobytes of a thousand, so that nobody asks which were meant.
  expect(kib * 1024).toBeLessThan(400_000);
  expect(said).toContain("nothing was deployed");
}, 240_000);

it("a start builds no schema and few tables: what is dear waits until it is asked for", async () => {
  await dryRun();
  const { calls, functions } = await startCalls(path.join(root, "dist/worker"));
  expect(calls).toBeGreaterThan(1_000);
  // One schema of the policy is thousands of calls, and brings functions that nothing else calls.
  expect(calls).toBeLessThan(20_000);
  expect(functions).toBeLessThan(200);
}, 240_000);

/** The status for a request that names another host than the one it connects to. */
function statusAt(host: string, address: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url);
    const sent = request({ hostname, port, path: address, headers: { host } }, (response) => {
      let text = "";
      response.on("data", (data) => (text += String(data)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

async function toldElsewhere(address: string): Promise<object> {
  const { status, text } = await statusAt("tallygate.acme.workers.dev", address);
  return { status, ...(JSON.parse(text) as object) };
}

it("a Worker with development values serves its own machine and nobody else", async () => {
  for (const host of ["localhost", "127.0.0.1:80", "[::1]"]) {
    expect((await statusAt(host, "/health")).status).toBe(200);
  }
  for (const host of ["tallygate.acme.workers.dev", "localhost.evil.test", "127.0.0.1.evil.test"]) {
    const { status, text } = await statusAt(host, "/health");
    expect(status).toBe(421);
    expect(text).toContain("development_values");
    expect(text).toMatch(/TALLYGATE_ALLOW_PRIVATE|DEV_UPSTREAM_KEY/);
  }
  // A caller is told in the words of the dialect that they speak, whatever they asked by.
  const code = "development_values";
  expect(await toldElsewhere("/v1/chat/completions")).toMatchObject({
    status: 421,
    error: { code },
  });
  expect(await toldElsewhere("/v1/messages")).toMatchObject({
    status: 421,
    type: "error",
    error: { type: "api_error", details: { error_code: code } },
  });
  const google = { code: 421, message: expect.stringContaining("wrangler secret delete") };
  expect(await toldElsewhere("/v1beta/models/gemini:generateContent")).toMatchObject({
    error: google,
  });
});

it("what the deploy button asks for is described, and no value for development is among it", () => {
  const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    cloudflare: { bindings: Record<string, { description: string }> };
  };
  const { bindings } = manifest.cloudflare;
  const toml = readFileSync(path.join(root, "wrangler.toml"), "utf8");
  const bound = [...toml.matchAll(/^binding = "(\w+)"/gm)].map(([, name]) => name);
  // The button asks for every name that is active there, each with the value that stands there.
  const example = parseEnv(readFileSync(path.join(root, ".dev.vars.example"), "utf8"));
  expect(example).toEqual({ TALLYGATE_SECRET: "", TALLYGATE_SIGNING_KEY: "" });
  for (const name of [...Object.keys(example), ...bound]) {
    if (name === undefined || name === "ASSETS") continue;
    expect([name, bindings[name]?.description]).toEqual([name, expect.stringMatching(/\w+ \w+/)]);
  }
});

it("deploys with the real wrangler to an empty account: everything is provisioned, nothing is unknown", async () => {
  const account = await startCloudflareAccount();
  try {
    const env = {
      ...process.env,
      CLOUDFLARE_API_BASE_URL: account.url,
      CLOUDFLARE_API_TOKEN: "a token",
      TALLYGATE_SECRET: readSecret(gateway.state),
      TALLYGATE_SIGNING_KEY: Buffer.alloc(32, 1).toString("base64"),
      OPENAI_API_KEY: "sk-test",
      WRANGLER_LOG_PATH: path.join(folder, "logs"),
    };
    const policy = path.join(folder, "policy.jsonc");
    const comment = "// Comments are allowed, as everywhere.\n";
    writeFileSync(policy, comment + JSON.stringify(scriptedPolicy(upstream.url)));
    const args = ["--organisation", "real", "--admin", "ada", "--policy", policy];
    const script = path.join(root, "scripts/deploy.mjs");
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [script, ...args, "--url", `${gateway.url}/`],
      { cwd: root, env },
    );
    expect(stdout).toMatch(/check: gpt-4o-mini answered in \d+ ms/);
    expect(account.unknown).toEqual([]);
    expect(account.namespaces.map(({ title }) => title)).toEqual(["tallygate-keys"]);
    expect(account.buckets.map(({ name }) => name).toSorted()).toEqual([
      "tallygate-archive",
      "tallygate-payloads",
    ]);
    const [upload] = account.uploads;
    const types = Object.entries(upload?.bindings ?? {}).map(([name, { type }]) => [name, type]);
    expect(Object.fromEntries(types)).toEqual({
      USERS: "durable_object_namespace",
      BUDGETS: "durable_object_namespace",
      POLICY: "durable_object_namespace",
      LEDGER: "durable_object_namespace",
      KEYS: "kv_namespace",
      ARCHIVE: "r2_bucket",
      PAYLOADS: "r2_bucket",
      ASSETS: "assets",
      TALLYGATE_SECRET: "secret_text",
      TALLYGATE_SIGNING_KEY: "secret_text",
      OPENAI_API_KEY: "secret_text",
    });
    expect(upload?.metadata).toMatchObject({
      keep_bindings: expect.arrayContaining(["plain_text", "secret_text"]),
      migrations: { new_tag: "v2", steps: [{}, { new_sqlite_classes: ["BudgetActor"] }] },
    });
    const modules = ["worker.js", "price-data.js", "weights.js"];
    expect(upload?.modules).toEqual(expect.arrayContaining(modules));
  } finally {
    await account.stop();
  }
}, 240_000);
