/** docs/providers.md is what the registry, the price book and the tests say. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PROVIDERS } from "#providers/registry.ts";
import { page, renderProviders } from "../../scripts/docs-providers.ts";

test("docs/providers.md is up to date: run `node scripts/docs-providers.mjs` when it is not", () => {
  expect(readFileSync(page, "utf8")).toBe(renderProviders());
});

test("every provider has a row in each table, and a proof of its address and of its dialect", () => {
  const rows = renderProviders().split("\n");
  for (const id of Object.keys(PROVIDERS)) {
    const own = rows.filter((row) => row.startsWith(`| \`${id}\` |`));
    expect(own, id).toHaveLength(3);
    const [, address, bodies] = (own[2] ?? "").split(" | ");
    expect([address, bodies], id).not.toContain("nothing");
  }
});

test("every SDK that is named is a dependency, and some scenario runs it", () => {
  const [, sdks = ""] = renderProviders().split("## Which SDKs run against it");
  const rows = sdks.split("\n").filter((row) => row.startsWith("| `"));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row).toMatch(/^\| `[^`]+` \d+\.\d+\.\d+ \| .+\(\.\.\/test\//);
});
