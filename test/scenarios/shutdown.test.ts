/** Stopping in the middle of work: nothing keeps running, and nothing is missing when it starts again. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, auditEntry, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { claimPort } from "../support/ports.ts";
import {
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
});
afterAll(() => upstream.stop());

/** Processes, but for the dead, whose command line names this state. */
function processesOf(state: string): string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(state);
    } catch {
      return false;
    }
  });
}

/** The process that `npm start` is: the one with this state among its arguments. */
function launcherOf(state: string): number {
  const pid = processesOf(state)
    .map(Number)
    .find((each) => readFileSync(`/proc/${each}/cmdline`, "utf8").includes("start.ts"));
  if (pid === undefined) throw new Error("no launcher runs");
  return pid;
}

const policy = () =>
  scriptedPolicy(upstream.url, {
    budgets: [{ name: "month", limitUsd: 5, period: "month" }],
    accounting: { holdMs: 10_000 },
  });

const costOf = async (gateway: TestGateway): Promise<unknown> => {
  const { json } = await ask(`${gateway.url}/costs`, { key: gateway.keys.auditor });
  return (json["total"] as Record<string, unknown> | undefined)?.["costNanos"];
};

describe.runIf(existsSync("/proc/self/cmdline"))("a gateway that is told to stop", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "by %s to its first process alone leaves no process, and its books are whole at the next start",
    async (signal) => {
      const state = mkdtempSync(path.join(tmpdir(), "tallygate-shutdown-"));
      try {
        const port = await claimPort();
        const first = await startGateway({ state, port, policy: policy() });
        const answers = [];
        for (let n = 0; n < 5; n += 1) answers.push(await chat(first, first.keys.alice, "hi"));
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
        const { promise: asked, resolve: reachedProvider } = Promise.withResolvers<void>();
        upstream.script = () => reachedProvider();
        const cut = chat(first, first.keys.alice, "hi", { max_tokens: 100 }).catch(() => undefined);
        await asked;
        expect(processesOf(state).length).toBeGreaterThan(0);
        process.kill(launcherOf(state), signal);
        await cut;
        await expect.poll(() => processesOf(state), { timeout: 60_000 }).toEqual([]);
        await expect(fetch(`${first.url}/health`)).rejects.toThrow("fetch failed");
        await expect(fetch(first.upstream)).rejects.toThrow("fetch failed");
        upstream.script = plain;
        const again = await startGateway({ state, port, policy: policy() });
        try {
          expect(again.url).toBe(first.url);
          for (const { headers } of answers) {
            const entry = await auditEntry(again, headers.get("x-request-id") ?? "");
            expect(entry).toMatchObject({ outcome: "completed", costNanos: plainCostNanos });
          }
          // The one that was cut off is settled, or still holds its worst case: never forgotten.
          const events = async () => {
            const { json } = await ask(`${again.url}/audit/events?user=alice&limit=10`, {
              key: again.keys.auditor,
            });
            return json["events"] as unknown[];
          };
          await expect.poll(events).toHaveLength(6);
          expect(await costOf(again)).toBeGreaterThanOrEqual(5 * plainCostNanos);
          expect((await chat(again, again.keys.alice, "hi")).status).toBe(200);
        } finally {
          await again.stop();
        }
      } finally {
        upstream.script = plain;
        rmSync(state, { recursive: true, force: true });
      }
    },
    240_000,
  );
});

it("two gateways on one port: the second says so and takes another, with books of its own", async () => {
  const port = await claimPort();
  const first = await startGateway({ port, policy: policy() });
  const second = await startGateway({ port, policy: policy() });
  try {
    expect(second.url).not.toBe(first.url);
    expect(second.complaints()).toContain(`port ${port} is taken`);
    expect((await chat(first, first.keys.alice, "hi")).status).toBe(200);
    expect((await chat(second, first.keys.alice, "hi")).status).toBe(401);
  } finally {
    await Promise.all([first.stop(), second.stop()]);
  }
});
