/** The steps of a deployment, apart from the terminal and the account: both come in as functions. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { createGateway } from "../client/src/gateway.ts";
import { liveProviders } from "./dev-vars.ts";
import { startingPolicy } from "./starting-policy.ts";

/** What a free account takes is 3 MB gzipped: over that the platform refuses. */
export const bundleKibMax = 2_900;

/** Asked for by name; the first is made when there is none. */
const optionalSecrets = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"];

/** What only a gateway on this machine may be given. */
const developmentOnly = ["TALLYGATE_ALLOW_PRIVATE", "DEV_UPSTREAM_KEY"];

/** The cheapest model of each kind, for the one request that proves a deployment. */
const probeModels: Record<string, string> = {
  openai: "gpt-4o-mini",
  anthropic: "claude-haiku-4-5",
  google: "gemini-2.5-flash",
};

export type WranglerRun = (args: readonly string[]) => Promise<{ ok: boolean; output: string }>;

export interface DeployOptions {
  wrangler: WranglerRun;
  ask: (name: string) => Promise<string>;
  say: (line: string) => void;
  env: Readonly<Record<string, string | undefined>>;
  dryRun: boolean;
  organisation: string;
  admin: string;
  policy?: unknown;
  /** Where the gateway will answer; wrangler's own word for it when absent. */
  url?: string | undefined;
}

/** Does it all; throws with one sentence that says what to do. */
export async function deploy(options: DeployOptions): Promise<void> {
  const { say, wrangler } = options;
  const kib = await weigh(wrangler);
  say(`bundle: ${kib.toFixed(1)} KiB gzipped (at most ${bundleKibMax})`);
  if (kib > bundleKibMax) throw new Error(`The bundle is over ${bundleKibMax} KiB gzipped.`);
  if (options.dryRun) {
    say("dry run: nothing was deployed");
    return;
  }
  const who = await wrangler(["whoami"]);
  if (!who.ok || /not (authenticated|logged in)/i.test(who.output)) {
    throw new Error("wrangler is not logged in: run `npx wrangler login`, then this again.");
  }
  const existing = await secretNames(wrangler);
  const secrets = await gatherSecrets(options, existing);
  const live = liveProviders(Object.fromEntries([...existing].map((name) => [name, "set"])));
  const fresh = liveProviders(secrets).filter(({ kind }) => !live.some((one) => one.kind === kind));
  const policy = options.policy ?? policyFor([...live, ...fresh]);
  const printed = await upload(wrangler, secrets);
  const url = options.url ?? /https:\/\/[\w.-]+\.workers\.dev/.exec(printed)?.[0];
  if (url === undefined) throw new Error("wrangler printed no address: say it with --url.");
  say(`deployed: ${url}`);
  const secret = secrets["TALLYGATE_SECRET"];
  if (secret === undefined) {
    say("TALLYGATE_SECRET was set before: set it in the environment to found an organisation.");
    return;
  }
  await open(options, url, secret, policy);
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

/** The secrets that the Worker has; none when it was never deployed. */
async function secretNames(wrangler: WranglerRun): Promise<Set<string>> {
  const { ok, output } = await wrangler(["secret", "list", "--format", "json"]);
  if (!ok) return new Set();
  try {
    return new Set((JSON.parse(output) as { name: string }[]).map(({ name }) => name));
  } catch {
    return new Set();
  }
}

async function gatherSecrets(
  { env, ask, say }: DeployOptions,
  existing: ReadonlySet<string>,
): Promise<Record<string, string>> {
  const wrong = developmentOnly.find((name) => existing.has(name));
  if (wrong !== undefined) {
    throw new Error(
      `The Worker has the secret ${wrong}, which is for development: run \`npx wrangler secret delete ${wrong}\`.`,
    );
  }
  const secrets: Record<string, string> = {};
  const root = env["TALLYGATE_SECRET"];
  if (root !== undefined && root !== "") secrets["TALLYGATE_SECRET"] = root;
  else if (!existing.has("TALLYGATE_SECRET")) {
    secrets["TALLYGATE_SECRET"] = randomBytes(32).toString("base64url");
    say("TALLYGATE_SECRET: made anew (it stays in your account, and cannot be read back)");
  }
  const signing = env["TALLYGATE_SIGNING_KEY"];
  if (signing !== undefined && signing !== "") secrets["TALLYGATE_SIGNING_KEY"] = signing;
  else if (!existing.has("TALLYGATE_SIGNING_KEY")) {
    secrets["TALLYGATE_SIGNING_KEY"] = randomBytes(32).toString("base64");
    say("TALLYGATE_SIGNING_KEY: made anew; its public key is at /.well-known/tallygate/keys");
  }
  for (const name of optionalSecrets) {
    const value = env[name] ?? (existing.has(name) ? "" : await ask(name));
    if (value !== "") secrets[name] = value;
  }
  return secrets;
}

/** The starting policy over real providers only. */
function policyFor(live: ReturnType<typeof liveProviders>): unknown {
  const [first] = live;
  if (first === undefined) {
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

/** Founds the organisation, lets its admin in, and asks one model. */
async function open(
  { organisation, admin, say }: DeployOptions,
  url: string,
  secret: string,
  policy: unknown,
): Promise<void> {
  const members = [{ id: admin, role: "admin", tier: "standard" }];
  const founded = await post(`${url}/setup`, secret, { organisation, members, policy });
  if (founded.status === 409) {
    say(`organisation: ${organisation} exists already; its policy and keys stay as they are`);
  } else if (!founded.ok) {
    throw new Error(`POST /setup answered ${founded.status}: ${await founded.text()}`);
  } else {
    say(`organisation: ${organisation}, admin ${admin}`);
  }
  const body: { keys?: Record<string, string> } = founded.ok ? await founded.json() : {};
  const key = body.keys?.[admin];
  const link = await post(`${url}/session/link`, secret, { organisation, member: admin });
  if (link.ok) {
    const made: { url: string } = await link.json();
    say(`sign in, once: ${made.url}`);
  } else if (key !== undefined) say(`the admin's key, shown this once: ${key}`);
  if (key !== undefined) say(await probe(url, key, policy));
  say(`look at ${url}/console/ and at \`npx wrangler tail\``);
}

/** One real request through everything. */
async function probe(url: string, key: string, policy: unknown): Promise<string> {
  const { providers = {} } = policy as { providers?: Record<string, { kind: string }> };
  const kinds = Object.values(providers).map(({ kind }) => kind);
  const model = kinds.map((kind) => probeModels[kind]).find((name) => name !== undefined);
  if (model === undefined) return "check: skipped, no model is known for these providers";
  const gateway = createGateway({ baseUrl: url, apiKey: key });
  const started = performance.now();
  try {
    const { requestId } = await gateway.run(model, { prompt: "Say hello.", maxOutputTokens: 16 });
    return `check: ${model} answered in ${Math.round(performance.now() - started)} ms, request ${requestId}`;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The gateway is up, but ${model} does not answer: ${reason}`, { cause: error });
  }
}
