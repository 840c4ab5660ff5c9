/**
 * Where the record is sent on to: SIEMs, tracing, buckets, webhooks.
 *
 * A sink names its secret, never holds it. What is personal stays behind unless `tell` says
 * otherwise: members go out under pseudonyms, addresses and callers' own fields not at all.
 */
import * as z from "zod";
import { addressProblem } from "./address.ts";
import type { PolicyProblem } from "./validate.ts";

/** What events are about; a sink may ask for some of them. */
export const Topic = z.enum([
  "requests",
  "refusals",
  "blocks",
  "errors",
  "thresholds",
  "budgets",
  "policy",
  "access",
]);
export type Topic = z.infer<typeof Topic>;

const SecretName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, "the name of a secret, in capitals")
  .refine((name) => !name.startsWith("TALLYGATE_"), "the deployment's own secrets go nowhere");

const common = {
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a name of letters, digits, dot, dash and underscore")
    .max(64),
  url: z.url().max(2_000),
  /** Some topics only; without it all, or for a webhook thresholds, blocks and errors. */
  events: z.array(Topic).min(1).max(8).optional(),
  /** What goes out in clear: members' ids, callers' addresses, what callers wrote themselves. */
  tell: z
    .array(z.enum(["members", "addresses", "metadata"]))
    .max(3)
    .default([]),
};

/** NDJSON over HTTPS, signed as Standard Webhooks are. */
const Ndjson = z.strictObject({ kind: z.literal("ndjson"), ...common, secret: SecretName });

/** Splunk's HTTP Event Collector; `url` is the server's, or the whole address. */
const Splunk = z.strictObject({
  kind: z.literal("splunk"),
  ...common,
  secret: SecretName,
  index: z.string().min(1).max(100).optional(),
});

/** Datadog's logs intake, `https://http-intake.logs.<site>`. */
const Datadog = z.strictObject({
  kind: z.literal("datadog"),
  ...common,
  secret: SecretName,
  tags: z.string().min(1).max(500).optional(),
});

/** A bucket that speaks S3; `url` ends with the bucket. The secret is the secret access key. */
const S3 = z.strictObject({
  kind: z.literal("s3"),
  ...common,
  secret: SecretName,
  accessKeyId: z.string().min(1).max(200),
  region: z.string().min(1).max(64).default("auto"),
});

/** OTLP over HTTP as JSON; `url` is what comes before `/v1/traces`. */
const Otlp = z.strictObject({
  kind: z.literal("otlp"),
  ...common,
  secret: SecretName.optional(),
  /** The header that carries the secret; as `authorization: Bearer` when absent. */
  header: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, "a header's name in small letters")
    .optional(),
  signals: z
    .array(z.enum(["traces", "metrics"]))
    .min(1)
    .max(2)
    .default(["traces", "metrics"]),
});

/** One event a request, signed as Standard Webhooks are. */
const Webhook = z.strictObject({ kind: z.literal("webhook"), ...common, secret: SecretName });

export const Sink = z.discriminatedUnion("kind", [Ndjson, Splunk, Datadog, S3, Otlp, Webhook]);
export type Sink = z.infer<typeof Sink>;

/** What is wrong with a document's sinks beyond their schema. */
export function sinkProblems(
  sinks: readonly Sink[] | undefined,
  allowPrivate: boolean,
): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const names = new Set<string>();
  for (const [index, { name, url }] of (sinks ?? []).entries()) {
    const path = `sinks[${index}]`;
    if (names.has(name))
      problems.push({ path: `${path}.name`, message: `the name "${name}" is used twice` });
    names.add(name);
    const message = sinkAddressProblem(url, allowPrivate);
    if (message !== undefined) problems.push({ path: `${path}.url`, message });
  }
  return problems;
}

/** Why a sink's address is refused; undefined when it is fine. Asked again before every sending. */
export function sinkAddressProblem(url: string, allowPrivate: boolean): string | undefined {
  const problem = addressProblem(url, allowPrivate);
  if (problem !== undefined) return problem;
  if (allowPrivate || url.toLowerCase().startsWith("https:")) return undefined;
  return "the record goes out over https:// only";
}
