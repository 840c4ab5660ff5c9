/** Sends each model where it belongs, so that callers name what they want and not who has it. */
import { GatewayError } from "./errors.ts";
import { runInOrder } from "./fallback.ts";
import { matches } from "./pattern.ts";
import type { Gateway } from "./types.ts";

export interface Route {
  /** A model's name, with stars for any run of characters. */
  match: string;
  gateway: Gateway;
  /** Another model than the one asked for. */
  model?: string;
  provider?: string;
}

export interface RouterOptions {
  /** The first that fits is taken. */
  routes: readonly Route[];
  /** For models that no route fits; without it they are refused as `model_not_found`. */
  otherwise?: Gateway;
}

/** A gateway made of others. */
export function createRouter({ routes, otherwise }: RouterOptions): Gateway {
  function pick(model: string): Route {
    const route = routes.find(({ match }) => matches(match, model));
    if (route !== undefined) return route;
    if (otherwise !== undefined) return { match: "*", gateway: otherwise };
    throw new GatewayError("model_not_found", `No route fits the model "${model}".`);
  }
  const all = [...routes.map(({ gateway }) => gateway), ...(otherwise ? [otherwise] : [])];
  const router: Gateway = {
    run: async (model, input, options) => {
      const route = pick(model);
      return route.gateway.run(route.model ?? model, input, { ...named(route), ...options });
    },
    stream: (model, input, options) => {
      const route = pick(model);
      return route.gateway.stream(route.model ?? model, input, { ...named(route), ...options });
    },
    runFallback: (entries, input, options) => runInOrder(router, entries, input, options),
    providers: () => [...new Set(all.flatMap((gateway) => gateway.providers()))],
    defaultProvider: () => (otherwise ?? all[0])?.defaultProvider() ?? "",
  };
  return router;
}

function named({ provider }: Route): { provider?: string } {
  return provider === undefined ? {} : { provider };
}
