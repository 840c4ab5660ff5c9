/**
 * The views as Prometheus' text format 0.0.4.
 *
 * Counters never fall. What a late truth may lower (requests and cost of holds that expired, which
 * are known by no provider) is told as gauges of its own.
 */
import { bucketsOf } from "../histogram.ts";
import type { SumsGroup } from "../queries.ts";

/** Where one shard stands. */
export interface ShardState {
  shard: string;
  archive: { archived: number; events: number };
  sinks: readonly { sink: string; waiting: number; sent: number; deadLetters: number }[];
  faults: number;
}

/** What is shown; groups are by model and provider. */
export interface Exposed {
  organisation: string;
  usage: readonly SumsGroup[];
  costs: readonly SumsGroup[];
  states: readonly ShardState[];
}

/** Bounds of what is shown, milliseconds: each is one of the histogram's own, so counts are exact. */
const boundsMs = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

type Labels = Record<string, string>;
type Sample = [labels: Labels, value: number, suffix?: string];
type Sums = Record<string, number>;

/** A group as samples are made of it. */
interface Labelled {
  labels: Labels;
  sums: Sums;
  /** A histogram. */
  latency: string;
}

const outcomes = ["completed", "failed", "aborted", "blocked", "cut", "refused", "released"];
const tokenColumns = { input: "inputTokens", output: "outputTokens", cached: "cachedTokens" };

/** The whole page. */
export function prometheusText({ organisation, usage, costs, states }: Exposed): string {
  const labelled = ({ by, sums, histograms }: SumsGroup): Labelled => ({
    labels: { organisation, model: by["model"] ?? "", provider: by["provider"] ?? "" },
    sums,
    latency: histograms?.latency ?? "",
  });
  const shards = states.map((state) => ({
    ...state,
    labels: { organisation, shard: state.shard },
  }));
  return [
    ...usageFamilies(usage.map(labelled)),
    ...costFamilies(costs.map(labelled)),
    family(
      "tallygate_log_events_total",
      "counter",
      "Events that a shard has taken.",
      shards.map(({ labels, archive }): Sample => [labels, archive.events]),
    ),
    family(
      "tallygate_archived_events_total",
      "counter",
      "Events that are in the archive.",
      shards.map(({ labels, archive }): Sample => [labels, archive.archived]),
    ),
    family(
      "tallygate_faults",
      "gauge",
      "Faults of a shard that need a human.",
      shards.map(({ labels, faults }): Sample => [labels, faults]),
    ),
    ...sinkFamilies(shards),
  ].join("");
}

function usageFamilies(rows: readonly Labelled[]): string[] {
  const each = (show: (labels: Labels, sums: Sums) => Sample[]): Sample[] =>
    rows.flatMap(({ labels, sums }) => show(labels, sums));
  const requests = each((labels, sums) =>
    outcomes.map((outcome) => [{ ...labels, outcome }, sums[outcome] ?? 0]),
  );
  const tokens = each((labels, sums) =>
    Object.entries(tokenColumns).map(([type, column]) => [{ ...labels, type }, sums[column] ?? 0]),
  );
  const expired = each((labels, sums) => [[labels, sums["expired"] ?? 0]]);
  const hits = each((labels, sums) => [[labels, sums["cacheHits"] ?? 0]]);
  const latency = rows.flatMap(samplesOf);
  return [
    family("tallygate_requests_total", "counter", "Requests by how they ended.", requests),
    family("tallygate_expired_requests", "gauge", "Requests without a truth so far.", expired),
    family("tallygate_cache_hits_total", "counter", "Requests answered from the cache.", hits),
    family("tallygate_tokens_total", "counter", "Tokens; cached are part of the input.", tokens),
    family("tallygate_latency_seconds", "histogram", "From admission to the end.", latency),
  ];
}

const dollars = ({ labels, sums }: Labelled): Sample => [labels, (sums["costNanos"] ?? 0) / 1e9];

function costFamilies(rows: readonly Labelled[]): string[] {
  const settled = rows.filter(({ labels }) => labels["provider"] !== "").map(dollars);
  const unsettled = rows.filter(({ labels }) => labels["provider"] === "").map(dollars);
  return [
    family("tallygate_cost_usd_total", "counter", "What settled requests cost.", settled),
    family("tallygate_unsettled_cost_usd", "gauge", "What expired holds are charged.", unsettled),
  ];
}

function sinkFamilies(shards: readonly (ShardState & { labels: Labels })[]): string[] {
  const samples = (value: (sink: ShardState["sinks"][number]) => number): Sample[] =>
    shards.flatMap(({ labels, sinks }) =>
      sinks.map((sink): Sample => [{ ...labels, sink: sink.sink }, value(sink)]),
    );
  const sent = samples((sink) => sink.sent);
  const waiting = samples((sink) => sink.waiting);
  const dead = samples((sink) => sink.deadLetters);
  return [
    family("tallygate_sink_sent_total", "counter", "Events that a sink took.", sent),
    family("tallygate_sink_waiting_events", "gauge", "Events that a sink has to come.", waiting),
    family("tallygate_sink_dead_letters", "gauge", "Events that a sink refused.", dead),
  ];
}

/** Buckets as Prometheus counts them: each holds what the ones before it hold. */
function samplesOf({ labels, sums, latency }: Labelled): Sample[] {
  const buckets = bucketsOf(latency);
  const upTo = (boundMs: number): number =>
    buckets.reduce((sum, [bound, count]) => (bound <= boundMs ? sum + count : sum), 0);
  const count = upTo(Infinity);
  return [
    ...boundsMs.map((bound): Sample => [
      { ...labels, le: String(bound / 1_000) },
      upTo(bound),
      "_bucket",
    ]),
    [{ ...labels, le: "+Inf" }, count, "_bucket"],
    [labels, (sums["latencyMsSum"] ?? 0) / 1_000, "_sum"],
    [labels, count, "_count"],
  ];
}

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(([labels, value, suffix = ""]) => {
    const shown = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${suffix}{${shown.join(",")}} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
