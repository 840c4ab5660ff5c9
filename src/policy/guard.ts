/**
 * The prompt guard as a policy document holds it: what is done from which score on, where a channel
 * or a route is treated otherwise, and which second classifier is asked when a score is in doubt.
 *
 * Everything is optional where a document that was written before must keep its hash.
 */
import * as z from "zod";
import { serviceFields, serviceProblems } from "./service.ts";
import type { PolicyProblem } from "./validate.ts";

/** Where a text stands in a conversation. */
export const Channel = z.enum([
  "system",
  "user",
  "assistant",
  "tool-arguments",
  "tool-results",
  "reasoning",
  "file",
]);

const Action = z.enum(["off", "flag", "block"]);
const score = z.number().min(0).max(1);

const Band = z
  .strictObject({ from: score.default(0.2), to: score.default(1) })
  .refine(({ from, to }) => from < to, "`from` must be below `to`");

const level = { action: Action.optional(), threshold: score.optional() };
const ByChannel = z.partialRecord(Channel, z.strictObject(level));

/** A classifier that is asked about texts whose score is in doubt. */
const SecondStage = z.strictObject({
  /** `llama-guard` answers `safe` or `unsafe`; `json` answers labels or a score. */
  kind: z.enum(["llama-guard", "json"]),
  /** Over a binding it is Workers AI as the deployment is bound to it. */
  ...serviceFields,
  /** The model's name in the body; Workers AI over a binding needs one. */
  model: z.string().min(1).max(200).optional(),
  /** The body's field that holds the text, of a `json` classifier. */
  field: z.enum(["text", "inputs", "input"]).default("text"),
  /** The first stage's scores that it is asked about: from `from` up to, not at, `to`. */
  band: Band.prefault({}),
  /** Without an answer: `open` leaves it to the first stage, `closed` takes it for an attack. */
  failMode: z.enum(["open", "closed"]).default("open"),
  /** Labels of a `json` classifier that mean an attack; letter case does not matter. */
  attackLabels: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(16)
    .default(["INJECTION", "JAILBREAK", "MALICIOUS", "LABEL_1", "UNSAFE"]),
  /** The score from which such a label counts. */
  threshold: score.default(0.5),
  /** What one question costs; without it, the price of `model` decides. See `guard-price.ts`. */
  costUsd: z.number().min(0).max(1).optional(),
});
export type PolicySecondStage = z.infer<typeof SecondStage>;

/** The document's guard. */
export const Guard = z.strictObject({
  action: Action.default("flag"),
  threshold: score.optional(),
  channels: z.array(Channel).min(1).optional(),
  /** Where a channel is treated otherwise: tool results and files are written by strangers. */
  byChannel: ByChannel.optional(),
  secondStage: SecondStage.optional(),
});
export type PolicyGuard = z.infer<typeof Guard>;

/** What a route says in place of the document's guard, field by field. */
export const RouteGuard = z.strictObject({
  ...level,
  byChannel: ByChannel.optional(),
  band: Band.optional(),
  /** False: nobody is asked a second time. */
  secondStage: z.literal(false).optional(),
});
export type PolicyRouteGuard = z.infer<typeof RouteGuard>;

/** The document's guard as a route has it. */
export function guardFor(guard: PolicyGuard, own: PolicyRouteGuard | undefined): PolicyGuard {
  if (own === undefined) return guard;
  const { action, threshold, byChannel, band, secondStage } = own;
  const merged: PolicyGuard = { ...guard };
  if (action !== undefined) merged.action = action;
  if (threshold !== undefined) merged.threshold = threshold;
  if (byChannel !== undefined) merged.byChannel = { ...guard.byChannel, ...byChannel };
  if (secondStage === false) delete merged.secondStage;
  else if (band !== undefined && guard.secondStage !== undefined) {
    merged.secondStage = { ...guard.secondStage, band };
  }
  return merged;
}

/** What is wrong with a document's guard beyond its schema. */
export function guardProblems(
  { secondStage }: PolicyGuard,
  allowPrivate: boolean,
): PolicyProblem[] {
  if (secondStage === undefined) return [];
  const words = { asked: "the classifier", bound: "one of Workers AI" };
  const problems = serviceProblems("guard.secondStage", secondStage, allowPrivate, words);
  const { kind, binding, model } = secondStage;
  if (binding !== undefined && model === undefined) {
    const message = `name the ${kind} model that "${binding}" is to run`;
    problems.push({ path: "guard.secondStage.model", message });
  }
  return problems;
}
