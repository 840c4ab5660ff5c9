/** A deployment without an account: the real bundle, the real founding, a wrangler that only notes. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleKibMax, deploy, type DeployOptions } from "../../scripts/deploy-steps.ts";
import { root } from "../../scripts/from-wrangler.ts";
import { readSecret } from "../../scripts/state.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway();
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
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
      return { ok: true, output: answers[command] ?? "" };
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

it("makes a root secret when there is none, and leaves no file of it behind", async () => {
  const failing = rehearse({ env: { OPENAI_API_KEY: "sk-test" } });
  // The gateway on this machine has another secret: founding is refused, after the upload.
  await expect(failing).rejects.toThrow("POST /setup answered 401");
  const names = ["TALLYGATE_SECRET", "TALLYGATE_SIGNING_KEY"].map((name) => ({ name }));
  const existing = { "secret list --format json": JSON.stringify(names) };
  const { said, secrets, secretsMode, secretsFile } = await rehearse(
    { env: { OPENAI_API_KEY: "sk-test" } },
    existing,
  );
  expect(secrets).toEqual({ OPENAI_API_KEY: "sk-test" });
  expect(secretsMode).toBe(0o600);
  expect(existsSync(secretsFile)).toBe(false);
  expect(said.at(-1)).toContain("set it in the environment");
});

it("makes the archive's signing key when there is none, and keeps one that is", async () => {
  const { secrets, said } = await rehearse();
  expect(Buffer.from(secrets["TALLYGATE_SIGNING_KEY"] ?? "", "base64")).toHaveLength(32);
  expect(said.join("\n")).not.toContain(secrets["TALLYGATE_SIGNING_KEY"]);
  const names = { "secret list --format json": '[{"name":"TALLYGATE_SIGNING_KEY"}]' };
  expect((await rehearse({}, names)).secrets).not.toHaveProperty("TALLYGATE_SIGNING_KEY");
});

it("stops before anything is changed when nobody is logged in, or the Worker is a developer's", async () => {
  const stranger = rehearse({}, { whoami: "You are not authenticated." });
  await expect(stranger).rejects.toThrow("npx wrangler login");
  const names = { "secret list --format json": '[{"name":"TALLYGATE_ALLOW_PRIVATE"}]' };
  await expect(rehearse({}, names)).rejects.toThrow(
    "wrangler secret delete TALLYGATE_ALLOW_PRIVATE",
  );
  await expect(rehearse({ policy: undefined })).rejects.toThrow("No provider's key is set");
});

it("weighs the real bundle in a dry run, with no account", async () => {
  const node = path.join(root, "node_modules/.bin/node");
  const script = path.join(root, "scripts/deploy.ts");
  const { stdout } = await promisify(execFile)(node, [script, "--dry-run"], { cwd: root });
  const kib = Number(/bundle: ([\d.]+) KiB/.exec(stdout)?.[1]);
  expect(kib).toBeGreaterThan(50);
  expect(kib).toBeLessThanOrEqual(bundleKibMax);
  // Under the 400 that the project allows itself, by what a change or two may weigh.
  expect(kib).toBeLessThan(396);
  expect(stdout).toContain("nothing was deployed");
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
});

it("what the deploy button shows is described, and no value for development is set by default", () => {
  const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    cloudflare: { bindings: Record<string, { description: string }> };
  };
  const { bindings } = manifest.cloudflare;
  const toml = readFileSync(path.join(root, "wrangler.toml"), "utf8");
  const secrets = [...toml.matchAll(/^# {3}([A-Z_]+?)(?:, \.{3})? {2,}\w/gm)].map(
    ([, name]) => name,
  );
  expect(secrets).toContain("TALLYGATE_SIGNING_KEY");
  for (const name of ["TALLYGATE_SECRET", "TALLYGATE_SIGNING_KEY", "OPENAI_API_KEY", "KEYS"]) {
    expect([name, bindings[name]?.description]).toEqual([name, expect.stringMatching(/\w+ \w+/)]);
  }
  const example = readFileSync(path.join(root, ".dev.vars.example"), "utf8");
  const active = example.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  expect(active).toEqual([]);
});
