/**
 * A gateway on this machine: the Worker's bundle in workerd with the bindings of wrangler.toml, the
 * development upstream, and a seeded organisation.
 *
 * The Worker listens on a socket of its own, with neither wrangler's dev proxy nor Miniflare's entry
 * in front: what answers here is what would answer in production, at its own speed.
 */
import path from "node:path";
import { bundleWorker, workerEntry } from "./bundle.ts";
import { ensureConsole, ensureConsoleFolder } from "./console-build.ts";
import { readDevVars, liveProviders, findOllama } from "./dev-vars.ts";
import type { LiveProvider } from "./dev-vars.ts";
import { startDevUpstream } from "./dev-upstream.ts";
import { loadMiniflare, loadWrangler, root } from "./from-wrangler.ts";
import { leashChildren } from "./leash.ts";
import { anyFreePort, freePortFrom, holdPortFrom, type HeldPort } from "./ports.ts";
import { consoleLink, seed } from "./seed.ts";
import { devUpstreamVars, startingPolicy } from "./starting-policy.ts";
import { openState, readSecret, readSeeded, readSigningKey, saveSeeded } from "./state.ts";
import type { Keys } from "./state.ts";

export interface LaunchOptions {
  /** The port to listen on, or the first free one after it; 0 for any. */
  port: number;
  /** The folder for everything that is kept; `.tallygate/state-<port>` when absent. */
  state?: string;
  /** Another entry than the gateway's. */
  worker?: string;
  /** Whether the Worker is the one that is deployed: the same code, minified. */
  asDeployed?: boolean;
  /** Whether keys in `.dev.vars` are used: real providers are called, and cost. */
  devVars: boolean;
  /** Variables for the Worker, over those of `.dev.vars`. */
  vars?: Record<string, string>;
  /** Another policy than the starting one; `$UPSTREAM` in its JSON stands for the upstream's address. */
  policy?: unknown;
  /** Whether the web console is built, if need be, and served with a link to sign in. */
  console?: boolean;
}

export interface Running {
  url: string;
  port: number;
  upstream: string;
  keys: Keys;
  state: string;
  /** The providers that `.dev.vars` has keys for, and the kinds for which the policy uses them. */
  live: LiveProvider[];
  seededLive: string[];
  /** The models of an Ollama on its default port, if one answers. */
  ollama: string[] | undefined;
  /** A one-time link into the console, as the organisation's admin. */
  console: string | undefined;
  /** Another such link. */
  newLink(): Promise<string>;
  /** Whether this start made the organisation, or found it. */
  isNew: boolean;
  stop(): Promise<void>;
}

/** Runs the Worker in workerd. */
async function startWorker(options: {
  held: HeldPort;
  state: string;
  entry: string | undefined;
  minify: boolean;
  vars: Record<string, string>;
}): Promise<{ stop(): Promise<void> }> {
  const { held, state } = options;
  const { workerOptions } = loadWrangler().unstable_getMiniflareWorkerOptions(
    path.join(root, "wrangler.toml"),
  );
  const { Miniflare, NoOpLog, convertV4MiniflareOptions } = loadMiniflare();
  const { modulesRules: _, bindings, ...bound } = workerOptions;
  const worker = {
    ...bound,
    name: "tallygate",
    modules: await bundleWorker(options.entry ?? workerEntry, options.minify),
    bindings: { ...(bindings as object), ...options.vars },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: held.port }],
  };
  await held.release();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      log: new NoOpLog(),
      handleStructuredLogs: ({ level, message }: { level: string; message: string }) => {
        if (level === "error" || level === "warn") process.stderr.write(`worker: ${message}\n`);
      },
      cf: false,
      telemetry: { enabled: false },
      resourcePersistencePath: path.join(state, "storage"),
      workers: [worker],
    }),
  );
  await miniflare.ready;
  const release = leashChildren();
  return {
    async stop() {
      release();
      await miniflare.dispose();
    },
  };
}

/** The upstream's port: the one that this state's policy names, or a new one. */
async function chooseUpstreamPort(saved: number | undefined, gatewayPort: number): Promise<number> {
  if (saved !== undefined) {
    if ((await freePortFrom(saved)) === saved) return saved;
    throw new Error(
      `Port ${saved}, where this state's policy expects the development upstream, is taken: stop what listens there, or start with another --state.`,
    );
  }
  return gatewayPort + 10_000 < 32_768 ? freePortFrom(gatewayPort + 10_000) : anyFreePort();
}

const filled = (policy: unknown, upstreamUrl: string): unknown =>
  JSON.parse(JSON.stringify(policy).replaceAll("$UPSTREAM", upstreamUrl));

/** Starts everything, seeds what is new, and answers when it can be used. */
export async function launch(options: LaunchOptions): Promise<Running> {
  // Another gateway that starts meanwhile takes another port, and so another state.
  const held = await holdPortFrom(options.port);
  try {
    return await launchAt(held, options);
  } catch (error) {
    await held.release();
    throw error;
  }
}

async function launchAt(held: HeldPort, options: LaunchOptions): Promise<Running> {
  const { port } = held;
  const url = `http://127.0.0.1:${port}`;
  const state = openState(options.state ?? path.join(root, ".tallygate", `state-${port}`));
  const fromFile = options.devVars ? readDevVars(path.join(root, ".dev.vars")) : {};
  const seeded = readSeeded(state);
  const live = liveProviders(fromFile);
  const secret = readSecret(state);
  ensureConsoleFolder();
  if (options.console) await ensureConsole();
  const upstreamPort = await chooseUpstreamPort(seeded?.upstreamPort, port);
  // Both before wrangler is loaded: that holds the event loop for longer than the look may last.
  const [upstream, ollama] = await Promise.all([startDevUpstream(upstreamPort), findOllama()]);
  const stops = [() => upstream.stop()];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.map((each) => each()));
  };
  try {
    const vars = {
      ...devUpstreamVars,
      TALLYGATE_SIGNING_KEY: readSigningKey(state),
      ...fromFile,
      ...options.vars,
      TALLYGATE_SECRET: secret,
    };
    const { worker: entry, asDeployed: minify = false } = options;
    const worker = await startWorker({ held, state, entry, minify, vars });
    stops.push(() => worker.stop());
    const policy = options.policy ?? startingPolicy({ upstreamUrl: upstream.url, live });
    const keys = seeded?.keys ?? (await seed(url, secret, filled(policy, upstream.url)));
    const seededLive = seeded?.live ?? live.map(({ kind }) => kind);
    saveSeeded(state, { url, organisation: "dev", upstreamPort, live: seededLive, keys });
    const isNew = seeded === undefined;
    return {
      console: options.console ? await consoleLink(url, secret) : undefined,
      newLink: () => consoleLink(url, secret),
      url,
      port,
      upstream: upstream.url,
      keys,
      state,
      live,
      seededLive,
      ollama,
      isNew,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
