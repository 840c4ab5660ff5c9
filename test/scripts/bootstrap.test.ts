/** What every command goes through first: each thing that can be wrong is one line that says what to do. */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  assertNode,
  explainInstallFailure,
  findNode,
  isInstalled,
} from "../../scripts/bootstrap.mjs";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const locked = {
  "": { name: "a-project" },
  "node_modules/one": { version: "1.0.0", integrity: "sha512-one" },
  "node_modules/other-platform": { version: "1.0.0", integrity: "sha512-two", optional: true },
};

const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** A project whose lockfile is `lock` and whose installed packages are `installed`. */
function plant(lock: unknown, installed: unknown, folder = "node_modules/one"): string {
  const root = mkdtempSync(path.join(tmpdir(), "tallygate-bootstrap-"));
  folders.push(root);
  mkdirSync(path.join(root, folder), { recursive: true });
  writeFileSync(path.join(root, folder, "package.json"), "{}");
  mkdirSync(path.join(root, "node_modules"), { recursive: true });
  if (lock !== undefined) writeFileSync(path.join(root, "package-lock.json"), text(lock));
  if (installed !== undefined) {
    writeFileSync(path.join(root, "node_modules/.package-lock.json"), text(installed));
  }
  return root;
}

const only = { "node_modules/one": locked["node_modules/one"] };

test("what the lockfile says is installed; another platform's package may be absent", () => {
  expect(isInstalled(plant({ packages: locked }, { packages: only }))).toBe(true);
});

test("a package that is missing, of another version, altered or half deleted is not installed", () => {
  const lock = { packages: locked };
  const one = locked["node_modules/one"];
  expect(isInstalled(plant(lock, undefined))).toBe(false);
  expect(isInstalled(plant(lock, "{ half"))).toBe(false);
  expect(isInstalled(plant(lock, { packages: {} }))).toBe(false);
  const older = { "node_modules/one": { ...one, version: "0.9.0" } };
  expect(isInstalled(plant(lock, { packages: older }))).toBe(false);
  const altered = { "node_modules/one": { ...one, integrity: "sha512-x" } };
  expect(isInstalled(plant(lock, { packages: altered }))).toBe(false);
  expect(isInstalled(plant(lock, { packages: only }, "node_modules/two"))).toBe(false);
});

test("a lockfile that is missing or broken is said so, with what to run", () => {
  expect(() => isInstalled(plant(undefined, { packages: only }))).toThrow("git checkout");
  expect(() => isInstalled(plant("{ half", { packages: only }))).toThrow("is not valid JSON");
});

test("a Node before 20 is refused with what to install", () => {
  expect(() => assertNode("18.20.1")).toThrow("install Node 20 or newer");
  expect(() => assertNode("20.0.0")).not.toThrow();
});

test("a missing Node 24 is said with the exact command, unless the running one will do", () => {
  const root = plant({ packages: locked }, { packages: only });
  expect(() => findNode(root, "20.20.2", "/usr/bin/node")).toThrow("npm ci --ignore-scripts=false");
  expect(findNode(root, "24.9.0", "/usr/bin/node")).toBe("/usr/bin/node");
});

test.each([
  ["npm error code ENOTFOUND\nnpm error network request failed", "check the network"],
  ["npm error code EUSAGE\nMissing: a@1.0.0 from lock file", "run `npm install`"],
  ["npm error code EINTEGRITY", "npm cache clean"],
  ["npm error code ENOSPC", "disk is full"],
  ["npm error code EACCES", "may not write"],
  ["npm error something new\n", "something new"],
])("npm's %j becomes one line", (output, line) => {
  expect(explainInstallFailure(output)).toContain(line);
  expect(explainInstallFailure(output)).not.toContain("\n");
});

test("a command whose install fails prints one line and ends with 1", () => {
  const root = plant({ packages: locked }, undefined);
  cpSync(path.resolve(import.meta.dirname, "../../scripts"), path.join(root, "scripts"), {
    recursive: true,
  });
  const npm = path.join(root, "npm");
  writeFileSync(npm, "#!/bin/sh\necho npm error code EAI_AGAIN >&2\nexit 1\n");
  chmodSync(npm, 0o755);
  const { npm_execpath: _, ...env } = process.env;
  let failure: { status?: number; stderr?: string } = {};
  try {
    execFileSync(process.execPath, ["scripts/test.mjs"], {
      cwd: root,
      env: { ...env, PATH: `${root}:${env["PATH"]}` },
      encoding: "utf8",
      stdio: "pipe",
    });
  } catch (error) {
    failure = error as typeof failure;
  }
  expect(failure.status).toBe(1);
  expect(failure.stderr).toBe(
    "installing packages ...\ntallygate: npm cannot reach its registry: check the network or `npm config get registry`, then run this again.\n",
  );
});
