/** The steps of a deployment, apart from the terminal and the account: both come in as functions. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { settingProblems } from "#edge/settings.ts";
import { probe, probeModelAt, probeModelOf, untilUp } from "./deploy-check.ts";
import { type Asking, gatherSecrets } from "./deploy-secrets.ts";
import { liveProviders } from "./dev-vars.ts";
import { startingPolicy } from "./starting-policy.ts";

/** What a free account takes is 3 MB gzipped: over that the platform refuses. */
export const bundleKibMax = 2_900;

/** Runs wrangler; `stdout` is what it answers, `output` that and what it says beside. */
export type WranglerRun = (
  args: readonly string[],
) => Promise<{ ok: boolean; output: string; stdout: string }>;

export interface DeployOptions extends Asking {
  wrangler: WranglerRun;
  /** What wrangler.toml gives the Worker as plain settings. */
  vars?: Readonly<Record<string, unknown>>;
  /** Between two looks at an address that is not known everywhere yet. */
  sleep: (ms: number) => Promise<void>;
  dryRun: boolean;
  organisation: string;
  admin: string;
  policy?: unknown;
  /** Where the gateway will answer; wrangler's own word for it when absent. */
  url?: string | undefined;
}

/** Does it all; throws with one sentence that says what to do. */
export async function deploy(options: DeployOptions): Promise<void> {
  const { say, wrangler, env } = options;
  const [wrong] = settingProblems({ ...options.vars, ...env });
  if (wrong !== undefined) throw new Error(`${wrong.name} cannot be read: ${wrong.problem}.`);
  const kib = await weigh(wrangler);
  say(`bundle: ${kib.toFixed(1)} KiB gzipped (at most ${bundleKibMax})`);
  if (kib > bundleKibMax) throw new Error(`The bundle is over ${bundleKibMax} KiB gzipped.`);
  if (options.dryRun) {
    say("dry run: nothing was deployed");
    return;
  }
  if (env["WORKERS_CI"]) return deployBuilt(options);
  const who = await wrangler(["whoami"]);
  if (!who.ok || /not (authenticated|logged in)/i.test(who.output)) {
    throw new Error("wrangler is not logged in: run `npx wrangler login`, then this again.");
  }
  const existing = await secretNames(wrangler);
  const { upload: secrets, root } = await gatherSecrets(options, existing);
  const live = liveProviders(Object.fromEntries([...existing].map((name) => [name, "set"])));
  const fresh = liveProviders(secrets).filter(({ kind }) => !live.some((one) => one.kind === kind));
  const key = env["TALLYGATE_KEY"];
  const isNew = !existing.has("TALLYGATE_SECRET");
  const policy = options.policy ?? policyFor([...live, ...fresh], isNew);
  const printed = await upload(wrangler, secrets);
  const url = urlOf(options, printed);
  say(`deployed: ${url}`);
  await untilUp(url, options);
  if (root === undefined) {
    say("TALLYGATE_SECRET was set before: set it in the environment to found an organisation.");
  } else await open(options, url, root, policy);
  if (key !== undefined) say(await probe(url, key, await probeModelAt(url, key)));
  say(
    `look at ${url}/console/ and at \`npx wrangler tail\`; \`npx tallygate doctor --url ${url}\``,
  );
}

/**
 * In Cloudflare's own builds, of the deploy button and of every push after it: nobody is there to be
 * asked, and the Worker's secrets are the dashboard's. Only the code is deployed.
 */
async function deployBuilt(options: DeployOptions): Promise<void> {
  const { say, wrangler } = options;
  const { ok, output } = await wrangler(["deploy"]);
  if (!ok) throw new Error(`wrangler deploy failed:\n${output}`);
  const url = urlOf(options, output);
  say(`deployed: ${url}; its secrets are as they were`);
  await untilUp(url, options);
  say(`check: ${url}/health answers`);
  say("The first time: found the organisation, as docs/how-to/deploy.md says under the button.");
}

function urlOf({ url }: DeployOptions, printed: string): string {
  const found = url ?? /https:\/\/[\w.-]+\.workers\.dev/.exec(printed)?.[0];
  if (found === undefined) throw new Error("wrangler printed no address: say it with --url.");
  return found.replace(/\/+$/, "");
}

/** Kibibytes of the Worker's code, gzipped, as wrangler would upload it. */
async function weigh(wrangler: WranglerRun): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "tallygate-bundle-"));
  try {
    const { ok, output } = await wrangler(["deploy", "--dry-run", "--outdir", folder]);
    if (!ok) throw new Error(`The Worker does not build:\n${output}`);
    const names = (await readdir(folder)).filter((name) => !/\.(map|md)$/.test(name));
    const files = await Promise.all(names.map((name) => readFile(path.join(folder, name))));
    return files.reduce((sum, file) => sum + gzipSync(file).byteLength, 0) / 1024;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The secrets that the Worker has; none when it was never deployed. Anything else that is wrong ends
 * the deployment: taken for "none", it would put a new root secret in the place of the old.
 */
async function secretNames(wrangler: WranglerRun): Promise<Set<string>> {
  const { ok, output, stdout } = await wrangler(["secret", "list", "--format", "json"]);
  if (!ok && /Worker "[^"]*" not found/.test(output)) return new Set();
  try {
    if (ok) return new Set((JSON.parse(stdout) as { name: string }[]).map(({ name }) => name));
  } catch {
    // The sentence below says it.
  }
  throw new Error(`The Worker's secrets cannot be listed, so nothing was deployed:\n${output}`);
}

/** The starting policy over real providers only; none for an upgrade of a gateway without those. */
function policyFor(live: ReturnType<typeof liveProviders>, isNew: boolean): unknown {
  if (live.length === 0) {
    if (!isNew) return undefined;
    throw new Error("No provider's key is set: set one, or give a policy with --policy.");
  }
  const whole = startingPolicy({ upstreamUrl: "https://unused.invalid", live });
  const kinds = new Set(live.map(({ kind }) => kind));
  const kept = Object.entries(whole.providers).filter(([name]) => kinds.has(name));
  const tiers = Object.entries(whole.tiers ?? {}).map(([name, tier]) => [
    name,
    { ...tier, candidates: tier.candidates.filter(({ provider }) => kinds.has(provider)) },
  ]);
  const { prices: _home, ...rest } = whole;
  return { ...rest, providers: Object.fromEntries(kept), tiers: Object.fromEntries(tiers) };
}

/** Deploys with `secrets` in the same version, from a file that lives as long as the upload. */
async function upload(wrangler: WranglerRun, secrets: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "tallygate-secrets-"));
  try {
    const file = path.join(folder, "secrets.json");
    await writeFile(file, JSON.stringify(secrets), { mode: 0o600 });
    const { ok, output } = await wrangler(["deploy", "--secrets-file", file]);
    if (!ok) throw new Error(`wrangler deploy failed:\n${output}`);
    return output;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function post(url: string, secret: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
}

/** Founds the organisation; the admin's key, or `undefined` when it existed. */
async function found(
  { organisation, admin, say }: DeployOptions,
  url: string,
  secret: string,
  policy: unknown,
): Promise<string | undefined> {
  const { tiers = {} } = policy as { tiers?: object };
  const tier = Object.hasOwn(tiers, "standard") ? { tier: "standard" } : {};
  const members = [{ id: admin, role: "admin", ...tier }];
  const founded = await post(`${url}/setup`, secret, { organisation, members, policy });
  if (founded.status === 401) {
    throw new Error(
      "The TALLYGATE_SECRET that was given is not the Worker's, so nothing was founded. The Worker is deployed, and keeps its own.",
    );
  }
  if (founded.status === 409) {
    say(`organisation: ${organisation} exists already; its policy and keys stay as they are`);
    return undefined;
  }
  if (!founded.ok) {
    throw new Error(`POST /setup answered ${founded.status}: ${await founded.text()}`);
  }
  say(`organisation: ${organisation}, admin ${admin}`);
  const { keys }: { keys: Record<string, string> } = await founded.json();
  return keys[admin];
}

/** Founds the organisation, lets its admin in, and asks one model. */
async function open(
  options: DeployOptions,
  url: string,
  secret: string,
  policy: unknown,
): Promise<void> {
  const { organisation, admin, say } = options;
  const key = policy === undefined ? undefined : await found(options, url, secret, policy);
  const link = await post(`${url}/session/link`, secret, { organisation, member: admin });
  if (link.ok) {
    const made: { url: string } = await link.json();
    say(`sign in, once: ${made.url}`);
  } else if (key !== undefined) say(`the admin's key, shown this once: ${key}`);
  if (key !== undefined) say(await probe(url, key, probeModelOf(policy)));
}
