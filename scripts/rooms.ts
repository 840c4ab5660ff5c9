/**
 * The arrows between rooms, checked: dependency-cruiser, and a look at dependency-cruiser.
 *
 * A boundary checker that cruised nothing reports nothing, which reads like success. So the number of
 * our own modules that it saw has to be the number of source files that there are.
 */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { root } from "./from-wrangler.ts";

export interface RoomsReport {
  /** Our own modules that were looked at. */
  cruised: number;
  /** One line per broken rule, or per reason not to believe the run; empty when all is well. */
  problems: string[];
}

interface Cruised {
  modules: { source: string }[];
  summary: {
    violations: { from: string; to: string; rule: { name: string; severity: string } }[];
  };
}

/** The source files under `folder` of `home`, as dependency-cruiser names them. */
function sources(home: string, folder: string): string[] {
  return readdirSync(path.join(home, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => `${folder}/${file.replaceAll(path.sep, "/")}`);
}

/** What the cruise found, plus every file that it did not look at. */
export function judge(result: Cruised, files: readonly string[]): RoomsReport {
  const seen = new Set(result.modules.map((module) => module.source));
  const missed = files.filter((file) => !seen.has(file));
  const cruised = files.length - missed.length;
  const broken = result.summary.violations
    .filter(({ rule }) => rule.severity === "error")
    .map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
  const doubt =
    missed.length > 0 || files.length === 0
      ? [
          `cruised ${cruised} of ${files.length} source files; not seen: ${missed.slice(0, 5).join(", ")}`,
        ]
      : [];
  return { cruised, problems: [...doubt, ...broken] };
}

/** Checks the rooms of the project in `home`. */
export async function checkRooms(home: string = root): Promise<RoomsReport> {
  const bin = path.join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const args = ["src", "--config", ".dependency-cruiser.cjs", "--output-type", "json"];
  // It exits with the number of violations: the report says the same, and more.
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [bin, ...args],
      { cwd: home, maxBuffer: 1 << 28 },
      (_, stdout, stderr) => resolve({ stdout, stderr }),
    );
  });
  try {
    return judge(JSON.parse(stdout) as Cruised, sources(home, "src"));
  } catch {
    return { cruised: 0, problems: [`dependency-cruiser did not report: ${stderr.trim()}`] };
  }
}
