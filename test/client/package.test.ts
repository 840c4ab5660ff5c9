/** The package as somebody else gets it: packed, installed, and used where nobody has the sources. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSigner, toBase64 } from "#events/note.ts";
import { buildPackage } from "../../scripts/build-package.ts";
import { loadEsbuild, root } from "../../scripts/from-wrangler.ts";
import { liveTogether, packArchive, signingKey } from "../support/archives.ts";

let consumer: string;
let packed: string[];
beforeAll(async () => {
  await buildPackage();
  consumer = mkdtempSync(path.join(tmpdir(), "tallygate-package-"));
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", consumer];
  const [pack] = JSON.parse(npm(args, root)) as { filename: string; files: { path: string }[] }[];
  packed = pack?.files.map((file) => file.path) ?? [];
  writeFileSync(path.join(consumer, "package.json"), '{"type":"module"}');
  // Offline: it may need nothing besides itself.
  npm(["install", "--offline", "--no-audit", `./${pack?.filename ?? ""}`], consumer);
}, 240_000);
afterAll(() => rmSync(consumer, { recursive: true, force: true }));

function npm(args: string[], cwd: string): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: "pipe" });
}

async function bundled(code: string): Promise<string> {
  const file = path.join(consumer, "entry.js");
  writeFileSync(file, code);
  const built = await loadEsbuild().build({
    entryPoints: [file],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "neutral",
    logLevel: "error",
  });
  return built.outputFiles[0]?.text ?? "";
}

it("holds what was built, its types and nothing else", () => {
  const expected = [
    "LICENSE",
    "README.md",
    "client/README.md",
    "dist/cli/main.js",
    "dist/client/allowlist.d.ts",
    "dist/client/client.js",
    "package.json",
    "scripts/tallygate.mjs",
  ];
  expect(packed).toEqual(expect.arrayContaining(expected));
  const built = /^dist\/(client\/[a-z-]+\.(d\.ts|js)|cli\/[\w-]+\.js)$/;
  expect(packed.filter((name) => !built.test(name) && !expected.includes(name))).toEqual([]);
});

it("depends on nothing", () => {
  const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as object;
  const kinds = Object.keys(manifest).filter((name) => /dependencies/i.test(name));
  expect(kinds).toEqual(["devDependencies"]);
  const installed = readdirSync(path.join(consumer, "node_modules"));
  expect(installed.filter((name) => !name.startsWith("."))).toEqual(["tallygate"]);
});

it("leaves out of a bundle what is not used", async () => {
  const all = await bundled('export * from "tallygate/client";');
  const tracker = await bundled('export { createCostTracker } from "tallygate/client";');
  const list = await bundled('export { createModelAllowlist } from "tallygate/client/allowlist";');
  expect(all).toContain("anthropic-version");
  expect(tracker).not.toContain("anthropic-version");
  expect(tracker.length).toBeLessThan(all.length / 4);
  expect(list).not.toContain("anthropic-version");
  expect(all.length).toBeLessThan(24_000);
  // Not even what a bare import would run.
  expect(await bundled('import "tallygate/client";')).toBe("");
});

it("runs and types in a strict project that knows only the package", () => {
  writeFileSync(
    path.join(consumer, "use.ts"),
    `import { createGateway, GatewayError, withRetry, type StreamEvent } from "tallygate/client";
import { createModelAllowlist } from "tallygate/client/allowlist";
import { bindGateway, createAi, type GatewayBinding } from "tallygate/client/worker";
const gateway = withRetry(createGateway({ baseUrl: "https://gateway.test", apiKey: "tg_x" }));
export const guarded = createModelAllowlist(["gpt-*"]).guard(gateway);
export const names: string[] = guarded.providers();
export function textOf(event: StreamEvent): string {
  return event.type === "text" ? event.text : event.type === "done" ? event.finish : event.name;
}
export const bound = (env: { GATEWAY: GatewayBinding }) =>
  [withRetry(bindGateway(env.GATEWAY)), createAi(env.GATEWAY)] as const;
// @ts-expect-error a code that does not exist
export const wrong = (error: GatewayError): boolean => error.code === "no_such_code";
// @ts-expect-error a prompt and a conversation at once
export const both = gateway.run("m", { prompt: "hi", messages: [] });
// @ts-expect-error nothing else of the package is anybody's
export type { Target } from "tallygate/dist/client/call.js";
`,
  );
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const flags = ["--strict", "--noEmit", "--target", "es2022"];
  const types = ["--lib", "es2022,dom", "--types", ""];
  for (const module of [
    ["--module", "nodenext"],
    ["--module", "esnext", "--moduleResolution", "bundler"],
  ]) {
    const args = [...flags, ...types, ...module, "use.ts"];
    const { stdout, status } = spawnSync(tsc, args, { cwd: consumer, encoding: "utf8" });
    expect([module, stdout, status]).toEqual([module, "", 0]);
  }
  const script =
    'import { createGateway } from "tallygate/client"; console.log(createGateway({ baseUrl: "http://x" }).defaultProvider())';
  const node = [process.execPath, ["--input-type=module", "-e", script]] as const;
  const said = execFileSync(node[0], node[1], { cwd: consumer, encoding: "utf8" });
  expect(said.trim()).toBe("tallygate");
}, 240_000);

/** The installed command line, in an environment that knows no gateway. */
function tallygate(...args: string[]) {
  const { HOME = "", PATH = "" } = process.env;
  const file = path.join(consumer, "node_modules/.bin/tallygate");
  const options = { cwd: consumer, encoding: "utf8", env: { HOME, PATH } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], options);
  return { status, out: stdout, err: stderr };
}

describe("its command line", () => {
  it("helps with every command, and says which it is", () => {
    const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
      version: string;
    };
    expect(tallygate("--version")).toEqual({ status: 0, out: `${version}\n`, err: "" });
    const { out } = tallygate("--help");
    const names = [...out.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names.filter((each) => each !== "start")) {
      const help = tallygate(name, "--help");
      expect([name, help.status, help.err]).toEqual([name, 0, ""]);
      expect(help.out).toContain(`tallygate ${name}`);
    }
  }, 240_000);

  it("verifies an archive, in threads too, with nothing but what is packed", async () => {
    for (const shard of ["l_0", "l_1"]) {
      const files = await packArchive(liveTogether(1, 3), { shard, segmentEvents: 10 });
      for (const [name, bytes] of files) {
        const file = path.join(consumer, "archive", shard, name);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, bytes);
      }
    }
    const key = toBase64((await openSigner(signingKey)).publicKey);
    for (const threads of ["1", "2"]) {
      const { status, out } = tallygate("verify", "archive", "--key", key, "--threads", threads);
      expect([threads, status, out]).toEqual([threads, 0, expect.stringContaining("signed")]);
    }
  }, 240_000);

  it("says where a gateway and its state are to be had", () => {
    const clone = expect.stringContaining("clone the repository");
    expect(tallygate("start")).toEqual({ status: 2, out: "", err: clone });
    expect(tallygate("budgets")).toEqual({
      status: 2,
      out: "",
      err: expect.stringContaining("--url"),
    });
  });
});
