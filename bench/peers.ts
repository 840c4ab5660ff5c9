/** Other gateways, installed on demand outside the repository's own packages; skipped when they cannot be. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../scripts/from-wrangler.ts";
import { anyFreePort } from "../scripts/ports.ts";
import { startServer } from "./workerd.ts";
import type { Served } from "./workerd.ts";

const cache = path.join(root, ".tallygate", "peers");

const run = (file: string, args: readonly string[], cwd: string): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(file, args, { cwd, timeout: 300_000, maxBuffer: 1 << 26 }, (error, _, stderr) => {
      if (error) reject(new Error(stderr.trim().split("\n").at(-1) ?? error.message));
      else resolve();
    });
  });

const portkeyVersion = "1.15.2";

/** Portkey on Node, its own server. */
export async function startPortkey(): Promise<Served> {
  const home = path.join(cache, `portkey-${portkeyVersion}`);
  const server = path.join(home, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (!existsSync(server)) {
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, "package.json"), '{"private":true}\n');
    const what = `@portkey-ai/gateway@${portkeyVersion}`;
    await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", what], home);
  }
  const port = await anyFreePort();
  return startServer(process.execPath, [server, `--port=${port}`, "--headless"], port, {
    cwd: home,
    env: { ...process.env, NODE_ENV: "production", TRUSTED_CUSTOM_HOSTS: "127.0.0.1,localhost" },
  });
}

const litellmVersion = "1.91.1";

/** LiteLLM's proxy, one worker. */
export async function startLitellm(upstreamUrl: string): Promise<Served> {
  const home = path.join(cache, `litellm-${litellmVersion}`);
  const program = path.join(home, "venv/bin/litellm");
  if (!existsSync(program)) {
    mkdirSync(home, { recursive: true });
    await run("python3", ["-m", "venv", "venv"], home);
    await run("venv/bin/pip", ["install", "--quiet", `litellm[proxy]==${litellmVersion}`], home);
  }
  const model = {
    model: "openai/gpt-4o-mini",
    api_base: `${upstreamUrl}/v1`,
    api_key: "dev-upstream",
  };
  const config = { model_list: [{ model_name: "gpt-4o-mini", litellm_params: model }] };
  // JSON is YAML.
  writeFileSync(path.join(home, "config.yaml"), JSON.stringify(config));
  const port = await anyFreePort();
  const args = ["--config", "config.yaml", "--port", String(port), "--host", "127.0.0.1"];
  return startServer(program, [...args, "--telemetry", "False"], port, { cwd: home });
}

/** Bifrost's HTTP server, when this machine has it: its package only downloads a program. */
export async function startBifrost(upstreamUrl: string): Promise<Served> {
  let program: string;
  try {
    program = execFileSync("/bin/sh", ["-c", "command -v bifrost-http"], {
      encoding: "utf8",
    }).trim();
  } catch {
    throw new Error("no bifrost-http on the PATH");
  }
  const home = path.join(cache, "bifrost");
  mkdirSync(home, { recursive: true });
  const openai = {
    keys: [{ value: "dev-upstream", models: ["gpt-4o-mini"], weight: 1 }],
    network_config: { base_url: upstreamUrl },
  };
  writeFileSync(path.join(home, "config.json"), JSON.stringify({ providers: { openai } }));
  const port = await anyFreePort();
  return startServer(
    program,
    ["-app-dir", home, "-host", "127.0.0.1", "-port", String(port)],
    port,
  );
}
