/**
 * A leash on the processes that this one starts: they end when it does, even by SIGKILL.
 *
 * Miniflare's workerd would outlive a killed parent, and hold its port and its storage. A shell that
 * waits on a pipe from this process sees it close, whatever the reason, and ends the children.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** The processes whose parent is `pid`. */
function childrenOf(pid: number): number[] {
  const listed = `/proc/${pid}/task/${pid}/children`;
  const text = existsSync(listed)
    ? readFileSync(listed, "utf8")
    : execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter(([, parent]) => Number(parent) === pid)
        .map(([child]) => child)
        .join(" ");
  return text.split(/\s+/).map(Number).filter(Boolean);
}

/**
 * Ends this process's present children when this process is gone.
 *
 * @returns a function that lets them go
 */
export function leashChildren(): () => void {
  const children = process.platform === "win32" ? [] : childrenOf(process.pid);
  if (children.length === 0) return () => {};
  const holder = spawn("/bin/sh", ["-c", `read _; kill -9 ${children.join(" ")} 2>/dev/null`], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  holder.unref();
  return () => void holder.kill("SIGKILL");
}
