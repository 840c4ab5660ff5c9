/** Says what each call came to. Never what was asked or answered. */
import { GatewayError, type GatewayErrorCode } from "./errors.ts";
import { layer } from "./layer.ts";
import { observe } from "./observe.ts";
import type { Finish, Gateway, RunResult, Usage } from "./types.ts";

export interface LogEntry {
  method: "run" | "stream" | "runFallback";
  /** The model that was asked for; of a fallback, all of them. */
  model: string;
  outcome: "ok" | "error" | "cancelled";
  durationMs: number;
  usage?: Usage;
  finish?: Finish;
  requestId?: string;
  code?: GatewayErrorCode | "unknown";
}

export interface LoggingOptions {
  log: (entry: LogEntry) => void;
  now?: () => number;
}

type Rest = Omit<LogEntry, "method" | "model" | "durationMs">;

/** Every call noted once it is over; a log that throws harms no call. */
export function withLogging<G extends Gateway>(gateway: G, options: LoggingOptions): G {
  const { log, now = Date.now } = options;

  function begin(method: LogEntry["method"], model: string): (rest: Rest) => void {
    const startedAt = now();
    return (rest) => {
      try {
        log({ method, model, durationMs: now() - startedAt, ...rest });
      } catch {
        // The call matters more than its note.
      }
    };
  }

  const over: Partial<Gateway> = {
    run: (model, input, options) =>
      noted(begin("run", model), () => gateway.run(model, input, options)),
    runFallback: (entries, input, options) =>
      noted(begin("runFallback", entries.map(({ model }) => model).join(", ")), () =>
        gateway.runFallback(entries, input, options),
      ),
    stream(model, input, options) {
      const note = begin("stream", model);
      return observe(gateway.stream(model, input, options), (ending) => {
        if (ending.outcome === "error") note(failure(ending.error));
        else if (ending.outcome === "cancelled") note({ outcome: "cancelled" });
        else {
          const { finish, usage } = ending.done;
          note({ outcome: "ok", finish, ...(usage === undefined ? {} : { usage }) });
        }
      });
    },
  };
  return layer(gateway, over as Partial<G>);
}

function failure(error: unknown): Rest {
  if (!(error instanceof GatewayError)) return { outcome: "error", code: "unknown" };
  const { code, requestId } = error;
  return { outcome: "error", code, ...(requestId === undefined ? {} : { requestId }) };
}

/** Notes what `call` came to, and passes it on. */
async function noted(
  note: (rest: Rest) => void,
  call: () => Promise<RunResult>,
): Promise<RunResult> {
  try {
    const result = await call();
    const { finish, usage, requestId } = result;
    note({
      outcome: "ok",
      finish,
      ...(usage === undefined ? {} : { usage }),
      ...(requestId === undefined ? {} : { requestId }),
    });
    return result;
  } catch (error) {
    note(failure(error));
    throw error;
  }
}
