/** What the figures were taken on. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import path from "node:path";
import { root, workerdPath } from "../scripts/from-wrangler.ts";

export interface Machine {
  cpu: string;
  cores: number;
  /** Of the last minute, at the start. */
  load: number;
  node: string;
  workerd: string;
  commit: string;
}

const output = (file: string, args: string[]): string => {
  try {
    return execFileSync(file, args, { cwd: root, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "unknown";
  }
};

export function describeMachine(): Machine {
  const changed = output("git", ["status", "--porcelain"]) === "" ? "" : " and changes";
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    node: process.versions.node,
    workerd: output(workerdPath(), ["--version"]),
    commit: `${output("git", ["rev-parse", "--short", "HEAD"])}${changed}`,
  };
}

/** The version of this project. */
export const version = (): string =>
  (JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string })
    .version;
