/**
 * The gateway, a Worker that binds it and Workers that it binds, in one workerd, as they would be in
 * one account.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundleWorker, workerEntry } from "../../scripts/bundle.ts";
import { loadMiniflare, loadWrangler, root } from "../../scripts/from-wrangler.ts";
import { seed } from "../../scripts/seed.ts";
import type { Keys } from "../../scripts/state.ts";
import { claimPort } from "./ports.ts";

export interface BoundWorkers {
  /** The gateway's own address. */
  url: string;
  /** The address of the Worker that binds it. */
  caller: string;
  keys: Keys;
  stop(): Promise<void>;
}

const secret = "a secret for tests";

const bindTo = (props?: Record<string, string>): object => ({
  name: "tallygate",
  entrypoint: "Gateway",
  ...(props === undefined ? {} : { props }),
});

const listen = (port: number): object => ({
  unsafeDirectSockets: [{ host: "127.0.0.1", port }],
});

/** What the gateway is bound to beside its own, and who answers there. */
export interface Around {
  /** Bindings of the gateway, as Miniflare takes them. */
  gateway?: object;
  /** Other Workers: by name, their entry file. */
  workers?: Record<string, string>;
}

/** Starts all, with `policy` for the organisation `dev`; GATEWAY calls as alice. */
export async function startBoundWorkers(
  policy: unknown,
  around: Around = {},
): Promise<BoundWorkers> {
  const state = mkdtempSync(path.join(tmpdir(), "tallygate-bound-"));
  const [port, callerPort] = [await claimPort(), await claimPort()];
  const { workerOptions } = loadWrangler().unstable_getMiniflareWorkerOptions(
    path.join(root, "wrangler.toml"),
  );
  const { modulesRules: _, bindings, ...bound } = workerOptions;
  const { Miniflare, NoOpLog, convertV4MiniflareOptions } = loadMiniflare();
  const gateway = {
    ...bound,
    ...around.gateway,
    ...listen(port),
    name: "tallygate",
    modules: await bundleWorker(workerEntry),
    bindings: {
      ...(bindings as object),
      TALLYGATE_SECRET: secret,
      TALLYGATE_ALLOW_PRIVATE: "1",
    },
  };
  const caller = {
    ...listen(callerPort),
    name: "caller",
    compatibilityDate: bound["compatibilityDate"],
    modules: await bundleWorker("test/support/caller-worker.ts"),
    serviceBindings: {
      GATEWAY: bindTo({ organisation: "dev", member: "alice" }),
      AUDITOR: bindTo({ organisation: "dev", member: "auditor" }),
      NOBODY: bindTo(),
      STRANGER: bindTo({ organisation: "dev", member: "mallory" }),
    },
  };
  const others: object[] = [];
  for (const [name, entry] of Object.entries(around.workers ?? {})) {
    const compatibilityDate = bound["compatibilityDate"];
    others.push({ name, compatibilityDate, modules: await bundleWorker(entry) });
  }
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      log: new NoOpLog(),
      cf: false,
      telemetry: { enabled: false },
      resourcePersistencePath: state,
      workers: [gateway, caller, ...others],
    }),
  );
  await miniflare.ready;
  const url = `http://127.0.0.1:${port}`;
  const keys = await seed(url, secret, policy);
  return {
    url,
    caller: `http://127.0.0.1:${callerPort}`,
    keys,
    async stop() {
      await miniflare.dispose();
      rmSync(state, { recursive: true, force: true });
    },
  };
}
