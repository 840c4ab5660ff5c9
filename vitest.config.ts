/** Two projects: `node` for what is pure or drives real processes, `workerd` for what needs actors. */
import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/sequencer.ts";

/**
 * Test files at a time. What drives processes mostly waits (for leases, alarms, the second that a
 * window takes), so two cores have room for four; on more cores each has one.
 */
const maxWorkers = Math.max(4, availableParallelism());

export default defineConfig({
  test: {
    maxWorkers,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.workerd.test.ts"],
          maxWorkers,
          // Of the tests of one file that run side by side, which few do.
          maxConcurrency: 3,
          testTimeout: 180_000,
          expect: { poll: { timeout: 60_000 } },
          hookTimeout: 240_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: "./src/edge/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                TALLYGATE_SECRET: "a secret for tests",
                TALLYGATE_SIGNING_KEY: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
                TALLYGATE_ALLOW_PRIVATE: "1",
              },
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/**/*.workerd.test.ts"],
          maxWorkers,
          testTimeout: 180_000,
          expect: { poll: { timeout: 60_000 } },
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
