/** `npm start`, with a Worker that answers only what starting asks of one. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { isFree } from "../../scripts/ports.ts";
import { startGateway } from "../support/gateway.ts";
import type { GatewayOptions, TestGateway } from "../support/gateway.ts";
import { claimPort } from "../support/ports.ts";

const started: TestGateway[] = [];
const start = async (options: GatewayOptions = {}): Promise<TestGateway> => {
  const gateway = await startGateway({ worker: "test/support/contract-worker.ts", ...options });
  started.push(gateway);
  return gateway;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((gateway) => gateway.stop()));
});

const count = async (gateway: TestGateway): Promise<unknown> =>
  (await fetch(`${gateway.url}/count`)).json();

test("a started gateway has an upstream, four keys and a secret that only its owner reads", async () => {
  const gateway = await start();
  expect(Object.keys(gateway.keys)).toEqual(["admin", "auditor", "alice", "bob"]);
  expect(await (await fetch(`${gateway.upstream}/__aimock/journal`)).json()).toBeDefined();
  expect(statSync(path.join(gateway.state, "secret")).mode & 0o777).toBe(0o600);
  expect(statSync(path.join(gateway.state, "keys.json")).mode & 0o777).toBe(0o600);
  expect(readFileSync(path.join(gateway.state, "secret"), "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
});

test("a killed gateway comes back at the same address with its storage and its keys", async () => {
  const first = await start();
  expect(await count(first)).toBe(1);
  await first.kill();
  await expect(fetch(`${first.url}/health`)).rejects.toThrow("fetch failed");
  const again = await start({ state: first.state, port: Number(new URL(first.url).port) });
  expect(again.url).toBe(first.url);
  expect(again.upstream).toBe(first.upstream);
  expect(again.keys).toEqual(first.keys);
  expect(await count(again)).toBe(2);
});

test("a taken port is said and the next free one is used", async () => {
  const squatter = createServer();
  const port = await claimPort();
  await once(squatter.listen(port, "127.0.0.1"), "listening");
  const gateway = await start({ port });
  squatter.close();
  expect(gateway.url).not.toBe(`http://127.0.0.1:${port}`);
  expect(gateway.complaints()).toContain(`port ${port} is taken`);
});

test("two that start at the same time on one port take two ports", async () => {
  const port = await claimPort();
  const both = await Promise.all([start({ port }), start({ port })]);
  expect(new Set(both.map(({ url }) => url)).size).toBe(2);
  expect(await Promise.all(both.map(count))).toEqual([1, 1]);
});

test("stopping leaves neither process nor port nor temporary state", async () => {
  const gateway = await start();
  await gateway.stop();
  await expect(fetch(`${gateway.url}/health`)).rejects.toThrow("fetch failed");
  await expect(fetch(gateway.upstream)).rejects.toThrow("fetch failed");
  expect(existsSync(gateway.state)).toBe(false);
});

test("a Worker that does not build is one clear error, and nothing keeps running", async () => {
  await expect(start({ worker: "test/support/no-such-worker.ts" })).rejects.toThrow(
    "no-such-worker.ts",
  );
});

test("a port that no client asks at, and a folder that is none, are said so in one sentence", async () => {
  await expect(start({ port: 6_000 })).rejects.toThrow("6000 cannot be asked: no client asks at");
  const file = path.join(mkdtempSync(path.join(tmpdir(), "tallygate-file-")), "file");
  writeFileSync(file, "");
  await expect(start({ state: file })).rejects.toThrow(/file cannot be made or written \(EEXIST\)/);
  rmSync(path.dirname(file), { recursive: true });
});

/** What was printed until the process said a line, or ended. */
async function firstLine({ stdout }: ChildProcess): Promise<string> {
  let said = "";
  for await (const part of stdout ?? []) {
    said += String(part);
    if (said.includes("\n")) break;
  }
  return said;
}

test("`npm start -- --json --port N` prints one line with what scripts are promised, and no more", async () => {
  const port = await claimPort();
  const state = mkdtempSync(path.join(tmpdir(), "tallygate-json-"));
  const root = path.resolve(import.meta.dirname, "../..");
  const worker = ["--worker", "test/support/contract-worker.ts", "--state", state];
  const args = ["start", "--silent", "--", "--json", "--port", String(port), ...worker];
  const child = spawn("npm", args, {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const line = await firstLine(child);
    expect(line).toMatch(/^\{.*\}\n$/);
    const ready = JSON.parse(line) as { keys: object };
    expect(Object.keys(ready)).toEqual(["url", "upstream", "model", "keys"]);
    expect(Object.keys(ready.keys)).toEqual(["admin", "auditor", "alice", "bob"]);
    expect(ready).toMatchObject({ url: `http://127.0.0.1:${port}`, model: "gpt-4o-mini" });
  } finally {
    // As Ctrl-C does it: to everything that the terminal runs.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
    await expect.poll(() => isFree(port), { timeout: 60_000 }).toBe(true);
    rmSync(state, { recursive: true, force: true });
  }
});
