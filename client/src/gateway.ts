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
  /**
   * Who is called when `options.provider` names nobody: the gateway, which chooses by its policy, else
   * the first of `providers`. A name that `providers` lacks is one of the gateway's own providers.
   */
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
  const pick = (model: string, options: RunOptions): [Target, string] => {
    const name = options.provider ?? standard;
    const target = targets.get(name);
    if (target !== undefined) return [target, model];
    const own = targets.get(GATEWAY);
    if (own !== undefined) return [{ ...own, name, baseUrl: compatOf(own) }, `${name}/${model}`];
    throw unknown(`No provider is named "${name}"; known: ${[...targets.keys()].join(", ")}.`);
  };
  pick("", {});
  const gateway: Gateway = {
    run: async (model, input, options = {}) => callOnce(...pick(model, options), input, options),
    stream: (model, input, options = {}) => callStream(...pick(model, options), input, options),
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

/** Where the gateway takes a provider of its policy by name, before the model's. */
function compatOf({ baseUrl }: Target): string {
  return `${baseUrl.slice(0, -"/v1".length)}/compat`;
}

function trimmed(url: string): string {
  return url.endsWith("/") ? trimmed(url.slice(0, -1)) : url;
}

function unknown(message: string): GatewayError {
  return new GatewayError("unknown_provider", message);
}
