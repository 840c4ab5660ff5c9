/** What `npm start` says of real providers: keys of `.dev.vars` and an Ollama, by name, never by value. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { findOllama, liveProviders, readDevVars } from "../../scripts/dev-vars.ts";
import { root } from "../../scripts/from-wrangler.ts";
import type { Running } from "../../scripts/gateway.ts";
import { panel } from "../../scripts/panel.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tallygate-panel-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keys = { admin: "tg_admin", auditor: "tg_auditor", alice: "tg_alice", bob: "tg_bob" };
const running = (more: Partial<Running> = {}): Running => ({
  url: "http://127.0.0.1:8787",
  port: 8787,
  upstream: "http://127.0.0.1:18787",
  keys,
  state: path.join(root, ".tallygate/state-8787"),
  live: [],
  seededLive: [],
  ollama: undefined,
  console: undefined,
  newLink: () => Promise.reject(new Error("not asked for")),
  isNew: true,
  stop: () => Promise.resolve(),
  ...more,
});

test("keys in .dev.vars are picked up and named; empty ones and other variables are not", () => {
  const file = path.join(folder, ".dev.vars");
  writeFileSync(
    file,
    '# mine\nOPENAI_API_KEY="sk-hunter2"\nANTHROPIC_API_KEY=\nGEMINI_API_KEY=AIza-hunter2\nOTHER=x\n',
  );
  const vars = readDevVars(file);
  expect(vars).toEqual({
    OPENAI_API_KEY: "sk-hunter2",
    GEMINI_API_KEY: "AIza-hunter2",
    OTHER: "x",
  });
  const live = liveProviders(vars);
  const kinds = live.map(({ kind }) => kind);
  expect(kinds).toEqual(["openai", "google"]);
  const text = panel(running({ live, seededLive: kinds }));
  expect(text).toContain("openai: real, with OPENAI_API_KEY of .dev.vars");
  expect(text).toContain("google: real, with GEMINI_API_KEY of .dev.vars");
  expect(text).not.toMatch(/hunter2|none real|older than those keys/);
  expect(readDevVars(path.join(folder, "none"))).toEqual({});
});

test("a state that is older than a key goes on calling the mock, and says what to do", () => {
  const live = [{ kind: "openai", secret: "OPENAI_API_KEY" }];
  expect(panel(running({ live }))).toContain("calls the mock for openai: start with a new --state");
  expect(panel(running())).toContain("none real: put keys into .dev.vars");
});

test("an Ollama that answers is offered with its models and the command that uses it", async () => {
  let answer: [status: number, body: string] = [200, ""];
  const server = createServer((request, response) => {
    expect(request.url).toBe("/api/tags");
    response.writeHead(answer[0]).end(answer[1]);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    answer = [200, '{"models":[{"name":"llama3.2:3b"},{"name":"qwen3:8b"},{}]}'];
    const ollama = await findOllama(url);
    expect(ollama).toEqual(["llama3.2:3b", "qwen3:8b"]);
    expect(panel(running({ ollama }))).toContain(
      "Ollama found on 127.0.0.1:11434 (llama3.2:3b, qwen3:8b); to use it: npm run policy -- set providers.ollama.baseUrl=http://127.0.0.1:11434",
    );
    answer = [200, "{}"];
    expect(await findOllama(url)).toEqual([]);
    expect(panel(running({ ollama: [] }))).toContain("(no models yet)");
    // Somebody else's port: not an Ollama, and no reason not to start.
    answer = [404, "{}"];
    expect(await findOllama(url)).toBeUndefined();
    answer = [200, "<html>"];
    expect(await findOllama(url)).toBeUndefined();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  expect(await findOllama(url)).toBeUndefined();
  expect(panel(running())).not.toContain("Ollama");
});

test("the policy's line names the gateway where the command line would not find it by itself", () => {
  const command = "npm run --silent policy -- set limits.requests-per-minute=120";
  expect(panel(running())).toContain(`\n    ${command}\n`);
  const elsewhere = panel(running({ state: "/elsewhere/state" }));
  expect(elsewhere).toContain(
    `\n    TALLYGATE_URL=http://127.0.0.1:8787 TALLYGATE_KEY=tg_admin ${command}\n`,
  );
  expect(elsewhere).toContain("/elsewhere/state (delete it to begin anew)");
});
