/**
 * Calls of models as metrics under the names of the GenAI semantic conventions: those of today, in
 * development (tokens by direction, inference and embeddings apart), and beside them those that
 * dashboards were built on before.
 *
 * Source: open-telemetry/semantic-conventions-genai, `model/gen-ai/{metrics,token-metrics}.yaml`; the
 * former names are those of semantic conventions 1.37 to 1.43.
 */
import type { UserFact } from "#events/user-events.ts";
import type { Instruments } from "./otlp-instrument.ts";
import { attributes } from "./otlp.ts";

type Settlement = Extract<UserFact, { type: "RequestSettled" }>["data"];
type Labels = Readonly<Record<string, string | undefined>>;

const tokenBounds = [
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
];
const secondBounds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

export class GenAiMetrics {
  readonly #instruments: Instruments;

  constructor(instruments: Instruments) {
    this.#instruments = instruments;
  }

  /** Counts a request that a provider was asked for. `labels` say what, whom and which model. */
  add(labels: Labels, data: Settlement, isStream: boolean): void {
    const { outcome, latencyMs, firstByteMs } = data;
    const kind = labels["gen_ai.operation.name"] === "embeddings" ? "embeddings" : "inference";
    const error = outcome === "completed" ? undefined : outcome;
    const timed = { ...labels, "error.type": error };
    for (const name of ["operation.duration", `${kind}.duration`]) {
      this.#seconds(name, timed, latencyMs);
    }
    if (isStream && firstByteMs !== undefined) {
      this.#seconds("operation.time_to_first_chunk", timed, firstByteMs);
      this.#seconds("inference.time_to_first_chunk", labels, firstByteMs);
    }
    const { inputTokens, outputTokens } = data.usage;
    for (const [type, tokens] of [
      ["input", inputTokens],
      ["output", outputTokens],
    ] as const) {
      this.#tokens("token.usage", { ...labels, "gen_ai.token.type": type }, tokens);
      // Of failed operations only the counters below say something.
      const isMeant = error === undefined && (kind === "inference" || type === "input");
      if (isMeant) this.#tokens(`${kind}.operation.${type}_tokens`, labels, tokens);
    }
    if (kind === "inference") this.#usage(labels, data.usage);
  }

  #usage(labels: Labels, usage: Settlement["usage"]): void {
    // Providers seldom say which tokens were of a picture or a sound, so none is told to be text.
    const counted = attributes({ ...labels, "gen_ai.token.modality": "unknown" });
    const amounts = {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      "cache_read.input_tokens": usage.cachedReadTokens ?? 0,
      "cache_write.input_tokens": (usage.cacheWrite5mTokens ?? 0) + (usage.cacheWrite1hTokens ?? 0),
      "reasoning.output_tokens": usage.reasoningTokens ?? 0,
    };
    for (const [name, tokens] of Object.entries(amounts)) {
      this.#instruments
        .get(`gen_ai.client.inference.usage.${name}`, "{token}")
        .add(counted, tokens);
    }
  }

  #seconds(name: string, labels: Labels, ms: number): void {
    const instrument = this.#instruments.get(`gen_ai.client.${name}`, "s", secondBounds);
    instrument.add(attributes(labels), ms / 1_000);
  }

  #tokens(name: string, labels: Labels, tokens: number): void {
    const instrument = this.#instruments.get(`gen_ai.client.${name}`, "{token}", tokenBounds);
    instrument.add(attributes(labels), tokens);
  }
}
