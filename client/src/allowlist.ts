/** `tallygate/client/allowlist`: only models that are named get through. */
import { GatewayError } from "./errors.ts";
import { layer } from "./layer.ts";
import { matches } from "./pattern.ts";
import type { Gateway } from "./types.ts";

export interface ModelAllowlist {
  allows(model: string): boolean;
  /** Throws `GatewayError` `model_not_allowed`. */
  assert(model: string): void;
  /** A layer that refuses every other model before anything is sent. */
  guard<G extends Gateway>(gateway: G): G;
}

/** `allowed` names models; a star stands for any run of characters. */
export function createModelAllowlist(allowed: readonly string[]): ModelAllowlist {
  const allows = (model: string): boolean => allowed.some((pattern) => matches(pattern, model));
  const assert = (model: string): void => {
    if (allows(model)) return;
    throw new GatewayError("model_not_allowed", `The model "${model}" is not on the allow list.`);
  };
  return {
    allows,
    assert,
    guard<G extends Gateway>(gateway: G): G {
      const over: Partial<Gateway> = {
        run: async (model, input, options) => {
          assert(model);
          return gateway.run(model, input, options);
        },
        runFallback: async (entries, input, options) => {
          for (const { model } of entries) assert(model);
          return gateway.runFallback(entries, input, options);
        },
        stream: (model, input, options) => {
          assert(model);
          return gateway.stream(model, input, options);
        },
      };
      return layer(gateway, over as Partial<G>);
    },
  };
}
