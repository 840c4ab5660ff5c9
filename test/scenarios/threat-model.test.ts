/** Every threat of docs/threat-model.md names its control, and tests that are there. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");

interface Proof {
  /** The test's file, from the project's root. */
  file: string;
  title: string | undefined;
}

interface Threat {
  threat: string;
  control: string;
  proofs: Proof[];
}

/** The rows of the table with their proofs: `[name](../test/...) "title", "another"`. */
function threatsOf(page: string): Threat[] {
  return page
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| threat "))
    .map((line) => {
      const [threat = "", control = "", proven = ""] = line.slice(2, -1).split("|");
      const found = proven.matchAll(/\[[^\]]+\]\(\.\.\/([^)]+)\)((?:,? "[^"]+")*)/g);
      const proofs = [...found].flatMap(([, file = "", quoted = ""]): Proof[] => {
        const titles = [...quoted.matchAll(/"([^"]+)"/g)].map(([, title]) => title);
        return (titles.length > 0 ? titles : [undefined]).map((title) => ({ file, title }));
      });
      return { threat: threat.trim(), control: control.trim(), proofs };
    });
}

/** What is wrong with a row; nothing when its control and every proof are there. */
function faultsOf({ threat, control, proofs }: Threat, read: (file: string) => string | undefined) {
  const faults = proofs.flatMap(({ file, title }) => {
    const text = read(file);
    if (text === undefined || !file.endsWith(".test.ts")) return [`${file} is no test`];
    if (title === undefined) return [`${file}: no test is named`];
    return text.includes(`"${title}"`) ? [] : [`${file}: there is no test "${title}"`];
  });
  if (control === "") faults.push("no control");
  if (proofs.length === 0) faults.push("no proof");
  return faults.map((fault) => `${threat}: ${fault}`);
}

test("each threat has a control, and each test that is named is there", () => {
  const threats = threatsOf(readFileSync(path.join(root, "docs/threat-model.md"), "utf8"));
  expect(threats.length).toBeGreaterThan(14);
  const named = threats.map(({ threat }) => threat).join("\n");
  for (const word of [
    "Cross-tenant reads",
    "confused deputy",
    "SSRF",
    "webhooks",
    "Header smuggling",
    "Replayed sockets",
    "Log forgery",
    "in errors",
    "Dependency risk",
  ]) {
    expect(named).toContain(word);
  }
  const read = (file: string) => {
    const full = path.join(root, file);
    return existsSync(full) ? readFileSync(full, "utf8") : undefined;
  };
  expect(threats.flatMap((threat) => faultsOf(threat, read))).toEqual([]);
});

test("a test that is not there, or is not named, is seen", () => {
  const page =
    '| threat | control | proven by |\n|---|---|---|\n| a | b | [x](../test/x.test.ts) "breaks", "holds", [y](../test/y.test.ts) |\n| c |  | nothing |\n';
  const told = threatsOf(page).flatMap((threat) =>
    faultsOf(threat, () => 'it("breaks", () => {})'),
  );
  expect(told).toEqual([
    'a: test/x.test.ts: there is no test "holds"',
    "a: test/y.test.ts: no test is named",
    "c: no control",
    "c: no proof",
  ]);
});
