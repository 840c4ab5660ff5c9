/** Looks at what was deployed: that it answers, and that a model does through it. */
import { createGateway } from "../client/src/gateway.ts";

/** The cheapest model of each kind, for the one request that proves a deployment. */
const probeModels: Record<string, string> = {
  openai: "gpt-4o-mini",
  anthropic: "claude-haiku-4-5",
  google: "gemini-2.5-flash",
};

/** A new address takes this long, at worst, until every machine on the way knows it. */
const triesMax = 90;
const waitMs = 2_000;

/** Whether a gateway answers at `url` now. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) });
    const body = (await response.json()) as { ok?: unknown };
    return response.ok && body.ok === true;
  } catch {
    return false;
  }
}

/** Waits until the gateway answers; throws when it does not in three minutes. */
export async function untilUp(
  url: string,
  { say, sleep }: { say: (line: string) => void; sleep: (ms: number) => Promise<void> },
): Promise<void> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    if (await answers(url)) return;
    if (tries === 1) say("waiting until the address is known everywhere ...");
    await sleep(waitMs);
  }
  throw new Error(
    `${url} does not answer: look at \`npx wrangler tail\`; once ${url}/health does, run this again.`,
  );
}

/** The model that a policy's providers surely have, if one is known. */
export function probeModelOf(policy: unknown): string | undefined {
  const { providers = {} } = policy as { providers?: Record<string, { kind: string }> };
  return Object.values(providers)
    .map(({ kind }) => probeModels[kind])
    .find((name) => name !== undefined);
}

/** The model to ask with a key of a gateway whose policy is its own. */
export async function probeModelAt(url: string, key: string): Promise<string | undefined> {
  const response = await fetch(`${url}/v1/models`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`GET /v1/models answered ${response.status}.`);
  const { data } = (await response.json()) as { data: { id: string }[] };
  const ids = data.map(({ id }) => id);
  return Object.values(probeModels).find((name) => ids.includes(name)) ?? ids[0];
}

/** One real request through everything; what it came to, as a line. */
export async function probe(url: string, key: string, model: string | undefined): Promise<string> {
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
