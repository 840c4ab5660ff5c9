/**
 * The entrypoint that other Workers bind as a service: model calls over RPC, and every HTTP address by
 * `fetch`, through the same pipeline and into the same books as from outside. The caller's identity is in the binding's props,
 * which the account's owner writes; nothing that a caller sends can change it.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import * as z from "zod";
import type { Env } from "#actors/kit/env.ts";
import { encodeEvents, signalOf } from "../../../client/src/binding-wire.ts";
import { GatewayError } from "../../../client/src/errors.ts";
import { createGateway } from "../../../client/src/gateway.ts";
import type {
  BindingError,
  BindingOptions,
  BindingReply,
  GatewayBinding,
} from "../../../client/src/binding-wire.ts";
import type {
  FallbackEntry,
  Gateway as Client,
  RunInput,
  RunOptions,
  RunResult,
} from "../../../client/src/types.ts";
import { app } from "../app.ts";
import { introduce } from "../auth/binding.ts";

const Props = z.strictObject({
  organisation: z.string().min(1).max(64),
  member: z.string().min(1).max(128),
});

/** In a binding's `props`: the member of which organisation the bound Worker calls as. */
export type Props = z.infer<typeof Props>;

/** No such host: requests of bound Workers never leave this isolate. */
const inside = "https://tallygate.internal";

export class Gateway extends WorkerEntrypoint<Env, Props> implements Omit<GatewayBinding, "fetch"> {
  /** One whole answer; throws `GatewayError`. */
  async run(model: string, input: RunInput, options?: BindingOptions): Promise<RunResult> {
    return this.#client().run(model, input, optionsOf(options));
  }

  /** As `run`, with a failure as a value: what an error carries is lost on the way otherwise. */
  async tryRun(
    entries: readonly FallbackEntry[],
    input: RunInput,
    options?: BindingOptions,
  ): Promise<BindingReply> {
    try {
      const result = await this.#client().runFallback(entries, input, optionsOf(options));
      return { ok: true, result };
    } catch (error) {
      return { ok: false, error: factsOf(error) };
    }
  }

  /** The answer's events as lines of JSON; `bindGateway` of the client library reads them. */
  async stream(
    model: string,
    input: RunInput,
    options?: BindingOptions,
  ): Promise<ReadableStream<Uint8Array>> {
    return encodeEvents(this.#client().stream(model, input, optionsOf(options)), factsOf);
  }

  /** The first answer of `entries`, tried in order. */
  async runFallback(
    entries: readonly FallbackEntry[],
    input: RunInput,
    options?: BindingOptions,
  ): Promise<RunResult> {
    return this.#client().runFallback(entries, input, optionsOf(options));
  }

  /** Any address of the gateway, as the binding's member; whatever host the request names. */
  override async fetch(request: Request): Promise<Response> {
    const caller = Props.safeParse(this.ctx.props);
    // Without an identity it is a request like any from outside, and needs a key.
    const known = caller.success ? introduce(request, caller.data) : request;
    return app.fetch(known, this.env, this.ctx);
  }

  /** The library's own client, whose network is this Worker. */
  #client(): Client {
    const caller = Props.safeParse(this.ctx.props);
    if (!caller.success) {
      throw new GatewayError(
        "unauthenticated",
        "This binding has no identity. Set props = { organisation, member } on it.",
      );
    }
    return createGateway({
      baseUrl: inside,
      fetch: async (url, { signal, ...init }) => {
        const request = new Request(url, { ...init, signal: signal ?? null });
        return app.fetch(introduce(request, caller.data), this.env, this.ctx);
      },
    });
  }
}

function optionsOf({ gateway = {}, leash, ...rest }: BindingOptions = {}): RunOptions {
  const { skipCache, cacheTtl, metadata } = gateway;
  return {
    ...rest,
    ...(leash === undefined ? {} : { signal: signalOf(leash) }),
    ...(skipCache === undefined ? {} : { skipCache }),
    ...(cacheTtl === undefined ? {} : { cacheTtl }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function factsOf(error: unknown): BindingError {
  if (!(error instanceof GatewayError)) {
    return { code: "internal", message: "The gateway failed on this request.", retryable: true };
  }
  const { code, message, status, retryable, retryAfterMs, requestId } = error;
  return {
    code,
    message,
    retryable,
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}
