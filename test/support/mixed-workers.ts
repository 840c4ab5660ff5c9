/**
 * An edge of one version over actors of another, as they meet while a deploy or a rollback spreads:
 * two Workers in one workerd, with one storage that outlives them.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { bundleWorker, workerEntry, type WorkerModule } from "../../scripts/bundle.ts";
import { loadMiniflare, loadWrangler, root } from "../../scripts/from-wrangler.ts";
import { claimPort } from "./ports.ts";
import type { KeptModule } from "./record-worker.ts";

/** `early` is the Worker of `test/golden/worker`, `now` that of this code. */
export type Version = "early" | "now";

export const secret = "a secret for tests";
const bundles = new Map<Version, Promise<WorkerModule[]>>();

function modulesOf(version: Version): Promise<WorkerModule[]> {
  let modules = bundles.get(version);
  if (modules === undefined) {
    modules = version === "now" ? bundleWorker(workerEntry) : Promise.resolve(early());
    bundles.set(version, modules);
  }
  return modules;
}

function early(): WorkerModule[] {
  const file = path.join(root, "test/golden/worker/0.1.0-early.json.gz");
  const kept = JSON.parse(gunzipSync(readFileSync(file)).toString()) as KeptModule[];
  return kept.map(({ type, path: name, contents }) => {
    const isText = type === "ESModule" || type === "Text";
    return { type, path: name, contents: isText ? contents : Buffer.from(contents, "base64") };
  });
}

/** Starts an edge over actors; `state` is the folder of the storage. */
export async function startMixed(
  state: string,
  versions: { edge: Version; actors: Version },
): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await claimPort();
  const { workerOptions } = loadWrangler().unstable_getMiniflareWorkerOptions(
    path.join(root, "wrangler.toml"),
  );
  const { modulesRules: _, assets: __, durableObjects, ...bound } = workerOptions;
  const { Miniflare, NoOpLog, convertV4MiniflareOptions } = loadMiniflare();
  const common = {
    ...bound,
    bindings: {
      TALLYGATE_SECRET: secret,
      TALLYGATE_SIGNING_KEY: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
      TALLYGATE_ALLOW_PRIVATE: "1",
    },
  };
  const theirs = Object.entries(durableObjects as Record<string, object>).map(
    ([name, value]) => [name, { ...value, scriptName: "tallygate" }] as const,
  );
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      log: new NoOpLog(),
      handleStructuredLogs: () => {},
      cf: false,
      telemetry: { enabled: false },
      resourcePersistencePath: state,
      workers: [
        {
          ...common,
          name: "edge",
          modules: await modulesOf(versions.edge),
          durableObjects: Object.fromEntries(theirs),
          unsafeDirectSockets: [{ host: "127.0.0.1", port }],
        },
        { ...common, durableObjects, name: "tallygate", modules: await modulesOf(versions.actors) },
      ],
    }),
  );
  await miniflare.ready;
  return { url: `http://127.0.0.1:${port}`, stop: () => miniflare.dispose() };
}
