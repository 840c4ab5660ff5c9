/**
 * The order of test files: those that wait the longest first, so that nothing is waited for at the
 * end; then what drives processes, then what has actors, then what only computes and fills the rest.
 */
import path from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = path.resolve(import.meta.dirname, "../..");

/** Files of a minute and more, the longest first. A name that is missing here costs time, no more. */
const longest = [
  "test/console/browser.test.ts",
  "test/scenarios/tutorial.test.ts",
  "test/scenarios/teams.test.ts",
  "test/scenarios/sinks.test.ts",
  "test/console/record-stories.test.ts",
];

/** Where a file stands: the smaller, the earlier. */
function rank(file: string): number {
  const at = longest.indexOf(file);
  if (at >= 0) return at;
  if (/^test\/(scenarios|console|scripts|client)\//.test(file)) return longest.length;
  return longest.length + (file.endsWith(".workerd.test.ts") ? 1 : 2);
}

const place = ({ moduleId }: TestSpecification): number => rank(path.relative(root, moduleId));

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
