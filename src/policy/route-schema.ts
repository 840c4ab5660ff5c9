/**
 * Routes as a policy document holds them: conditions on a request, and who answers when they are
 * met. Everything is optional where a document that was written before must keep its hash.
 */
import * as z from "zod";
import { RouteGuard } from "./guard.ts";
import { candidatesMax, matchesMax, routesMax } from "./limits.ts";
import { ModelPattern, Name, When } from "./shapes.ts";

const Scalar = z.union([z.string().max(200), z.number(), z.boolean()]);

/** What a value must be: one of a list (texts may hold stars), or in a range, or there at all. */
const Match = z.union([
  z.array(Scalar).min(1).max(matchesMax),
  z.strictObject({
    above: z.number().optional(),
    atLeast: z.number().optional(),
    below: z.number().optional(),
    atMost: z.number().optional(),
    /** True: the value is there, whatever it is; false: it is not. */
    present: z.boolean().optional(),
  }),
]);
export type PolicyMatch = z.infer<typeof Match>;

const Matches = z
  .record(z.string().min(1).max(100), Match)
  .refine((all) => Object.keys(all).length <= 20, "at most 20 of them");

const Clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time as in "08:30"');
const Percent = z.number().min(0).max(100);

/** By what a draw is made: the same thing is always drawn alike. */
const DrawBy = z.enum(["request", "user", "session"]);

/** Which requests a route takes: everything that is given must match. */
export const RouteWhen = z.strictObject({
  ...When.shape,
  /** The caller's metadata, by name. */
  metadata: Matches.optional(),
  /** Headers of the request, by lower-case name; never those that carry credentials. */
  headers: Matches.optional(),
  /** The address's path, as in `/v1/chat/*`. */
  paths: z.array(z.string().startsWith("/").max(200)).min(1).max(matchesMax).optional(),
  /** The prompt's size in tokens, estimated at four bytes each. */
  promptTokens: z
    .strictObject({ atLeast: z.int().min(0).optional(), atMost: z.int().min(0).optional() })
    .optional(),
  /** Hours of the organisation's day; `to` before `from` runs past midnight. */
  hours: z
    .strictObject({
      from: Clock,
      to: Clock,
      days: z
        .array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]))
        .min(1)
        .max(7)
        .optional(),
    })
    .optional(),
  stream: z.boolean().optional(),
  /** Whether the prompt guard's first stage found something, by the document's own rule. */
  guarded: z.boolean().optional(),
  /** A share of all requests, drawn from their ids: percent, `from` up to but not at `to`. */
  share: z
    .strictObject({
      from: Percent.default(0),
      to: Percent,
      by: DrawBy.default("request"),
      /** Routes that split one draw name it alike; a route draws on its own otherwise. */
      draw: Name.optional(),
    })
    .refine(({ from, to }) => from < to, "`from` must be below `to`")
    .optional(),
});

const timeoutMs = z.int().min(100).max(600_000);

/** Tries at one provider, and the waits between them. */
export const Retries = z.strictObject({
  /** The first try included. */
  attempts: z.int().min(1).max(5).default(2),
  delayMs: z.int().min(0).max(60_000).default(250),
  backoff: z.enum(["constant", "linear", "exponential"]).default("exponential"),
});

/** What may be said of a candidate, in a tier and in a route. */
export const candidateOptions = {
  /** Its part of the requests among candidates of one priority, where `balance` is `weight`. */
  weight: z.int().min(0).max(10_000).optional(),
  firstByteMs: timeoutMs.optional(),
  betweenBytesMs: timeoutMs.optional(),
  /** A longer prompt is not sent there; in tokens, estimated at four bytes each. */
  maxInputTokens: z.int().min(1).max(100_000_000).optional(),
  maxOutputTokens: z.int().min(1).max(10_000_000).optional(),
  retries: Retries.optional(),
  /** The alias of the provider's credential that it is asked with; no other is used. */
  credential: Name.optional(),
};

/** How candidates are asked, in a tier and in a route. */
export const servingOptions = {
  /** Among candidates of one priority: the document's order, by weight, or the fastest first. */
  balance: z.enum(["order", "weight", "latency"]).optional(),
  balanceBy: DrawBy.optional(),
  /** Asks the next candidate too when the first says nothing for so long; the faster answers. */
  hedge: z.strictObject({ afterMs: z.int().min(50).max(60_000) }).optional(),
  /** How often an answer that cannot be given (blocked, filtered, unreadable) is asked anew. */
  answerRetries: z.int().min(0).max(3).optional(),
  /** How often a stream that breaks before anything of its answer was passed on is begun anew. */
  streamRetries: z.int().min(0).max(3).optional(),
};

/** A way to answer some requests, in place of the caller's tier. */
const Route = z.strictObject({
  name: Name,
  when: RouteWhen.default({}),
  candidates: z
    .array(
      z.strictObject({
        provider: Name,
        /** The model to ask the provider for; the asked one when absent. */
        model: z.string().min(1).max(200).optional(),
        /** The asked models that it takes; all when absent. */
        serves: z.array(ModelPattern).min(1).max(200).optional(),
        priority: z.int().min(0).max(1_000).default(100),
        ...candidateOptions,
      }),
    )
    .min(1)
    .max(candidatesMax),
  ...servingOptions,
  /** Of the answers of this route, in place of what `cache` says of the tier; `bypass` keeps none. */
  cache: z
    .strictObject({
      ttlSeconds: z.int().min(0).max(2_678_400).optional(),
      bypass: z.boolean().optional(),
    })
    .optional(),
  /** Of requests that this route takes, in place of what the document's guard says. */
  guard: RouteGuard.optional(),
  /** The caller's tier is asked after the route's own candidates. */
  thenTier: z.boolean().optional(),
});

/** Routes are tried in order; the first that takes a request decides. */
export const Routes = z.array(Route).max(routesMax);
export type PolicyRoute = z.infer<typeof Route>;
export type PolicyRouteWhen = z.infer<typeof RouteWhen>;
