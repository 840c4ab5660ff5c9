/** `createGateway`: the client of a Tallygate gateway, of providers directly, or of both. */
import { anthropicDialect } from "./anthropic.ts";
import { callOnce, callStream, type Target } from "./call.ts";
import { GatewayError } from "./errors.ts";
import { runInOrder } from "./fallback.ts";
import { openAiDialect } from "./openai.ts";
import type { Fetch, Gateway, RunOptions } from "./types.ts";

/** A provider that is called without a gateway. */
export interface ProviderEntry {
  kind: "openai" | "anthropic";
  /** As the provider's own SDK takes it: OpenAI's ends in `/v1`, Anthropic's does not. */
  baseUrl: string;
  apiKey: string;
}

export interface GatewayConfig {
  /** The gateway's address; leave it out to call `providers` only. */
  baseUrl?: string;
  /** The gateway's key, `tg_...`. */
  apiKey?: string;
  /** Who is called when `options.provider` names nobody: the gateway, else the first provider. */
  defaultProvider?: string;
  providers?: Readonly<Record<string, ProviderEntry>>;
  fetch?: Fetch;
}

/** The name of the gateway itself among `providers()`. */
export const GATEWAY = "tallygate";

/** Makes a gateway; throws `GatewayError` when the configuration names nobody to call. */
export function createGateway(config: GatewayConfig): Gateway {
  const targets = targetsOf(config);
  const standard = config.defaultProvider ?? targets.keys().next().value;
  if (standard === undefined) throw unknown("Give createGateway a baseUrl or providers.");
  const pick = (options: RunOptions | undefined): Target => {
    const name = options?.provider ?? standard;
    const target = targets.get(name);
    if (target !== undefined) return target;
    throw unknown(`No provider is named "${name}"; known: ${[...targets.keys()].join(", ")}.`);
  };
  pick({});
  const gateway: Gateway = {
    run: async (model, input, options = {}) => callOnce(pick(options), model, input, options),
    stream: (model, input, options = {}) => callStream(pick(options), model, input, options),
    runFallback: (entries, input, options) => runInOrder(gateway, entries, input, options),
    providers: () => [...targets.keys()],
    defaultProvider: () => standard,
  };
  return gateway;
}

function targetsOf(config: GatewayConfig): Map<string, Target> {
  // Kept from being called as a method: runtimes refuse a fetch whose `this` is not the global.
  const fetch: Fetch = config.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const targets = new Map<string, Target>();
  if (config.baseUrl !== undefined) {
    const root = trimmed(config.baseUrl);
    targets.set(GATEWAY, {
      name: GATEWAY,
      dialect: openAiDialect(true),
      baseUrl: root.endsWith("/v1") ? root : `${root}/v1`,
      apiKey: config.apiKey ?? "",
      gateway: true,
      fetch,
    });
  }
  for (const [name, { kind, baseUrl, apiKey }] of Object.entries(config.providers ?? {})) {
    const dialect = kind === "anthropic" ? anthropicDialect : openAiDialect(false);
    targets.set(name, {
      name,
      dialect,
      baseUrl: trimmed(baseUrl),
      apiKey,
      gateway: false,
      fetch,
    });
  }
  return targets;
}

function trimmed(url: string): string {
  return url.endsWith("/") ? trimmed(url.slice(0, -1)) : url;
}

function unknown(message: string): GatewayError {
  return new GatewayError("unknown_provider", message);
}
