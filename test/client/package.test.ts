/** The package as somebody else gets it: what is in it, what it weighs, and that it types and runs. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildClient, clientFolder } from "../../scripts/build-client.ts";
import { loadEsbuild, root } from "../../scripts/from-wrangler.ts";

let consumer: string;
beforeAll(async () => {
  await buildClient();
  // A project of its own, with the package where npm would put it.
  consumer = mkdtempSync(path.join(tmpdir(), "tallygate-client-"));
  const installed = path.join(consumer, "node_modules/tallygate-client");
  mkdirSync(installed, { recursive: true });
  for (const name of ["package.json", "dist"]) {
    cpSync(path.join(clientFolder, name), path.join(installed, name), { recursive: true });
  }
  writeFileSync(path.join(consumer, "package.json"), '{"type":"module"}');
});
afterAll(() => rmSync(consumer, { recursive: true, force: true }));

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
  });
  return built.outputFiles[0]?.text ?? "";
}

it("holds its code, its types and nothing else", () => {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const output = execFileSync("npm", args, { cwd: clientFolder, encoding: "utf8", stdio: "pipe" });
  const [pack] = JSON.parse(output) as { files: { path: string }[] }[];
  const names = pack?.files.map((file) => file.path) ?? [];
  expect(names).toContain("package.json");
  expect(names).toContain("README.md");
  expect(names).toContain("dist/client.js");
  expect(names).toContain("dist/allowlist.d.ts");
  const others = names.filter(
    (name) => !/^(package\.json|README\.md|dist\/[a-z-]+\.(d\.ts|js))$/.test(name),
  );
  expect(others).toEqual([]);
});

it("depends on nothing", () => {
  const manifest = JSON.parse(
    readFileSync(path.join(clientFolder, "package.json"), "utf8"),
  ) as Record<string, unknown>;
  expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);
});

it("leaves out of a bundle what is not used", async () => {
  const all = await bundled('export * from "tallygate-client";');
  const tracker = await bundled('export { createCostTracker } from "tallygate-client";');
  const list = await bundled('export { createModelAllowlist } from "tallygate-client/allowlist";');
  expect(all).toContain("anthropic-version");
  expect(tracker).not.toContain("anthropic-version");
  expect(tracker.length).toBeLessThan(all.length / 4);
  expect(list).not.toContain("anthropic-version");
  expect(all.length).toBeLessThan(24_000);
});

it("runs and types in a strict project that knows only the package", () => {
  writeFileSync(
    path.join(consumer, "use.ts"),
    `import { createGateway, GatewayError, withRetry, type StreamEvent } from "tallygate-client";
import { createModelAllowlist } from "tallygate-client/allowlist";
const gateway = withRetry(createGateway({ baseUrl: "https://gateway.test", apiKey: "tg_x" }));
export const guarded = createModelAllowlist(["gpt-*"]).guard(gateway);
export const names: string[] = guarded.providers();
export function textOf(event: StreamEvent): string {
  return event.type === "text" ? event.text : event.type === "done" ? event.finish : event.name;
}
// @ts-expect-error a code that does not exist
export const wrong = (error: GatewayError): boolean => error.code === "no_such_code";
`,
  );
  const flags = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022"];
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const types = ["--lib", "es2022,dom", "--types", ""];
  const run = () =>
    execFileSync(tsc, [...flags, ...types, "use.ts"], { cwd: consumer, stdio: "pipe" });
  expect(run).not.toThrow();
  const script =
    'import { createGateway } from "tallygate-client"; console.log(createGateway({ baseUrl: "http://x" }).defaultProvider())';
  const node = [process.execPath, ["--input-type=module", "-e", script]] as const;
  const said = execFileSync(node[0], node[1], { cwd: consumer, encoding: "utf8" });
  expect(said.trim()).toBe("tallygate");
});
