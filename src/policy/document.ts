/**
 * The policy document: everything an organisation decides, in one versioned, hashed value.
 *
 * Units are in the names: dollars for people (`limitUsd`), milliseconds, tokens. What a name refers
 * to (detectors, provider kinds, patterns) is checked by `validate.ts` against what is built in.
 */
import * as z from "zod";
import { BindingName } from "./bindings.ts";
import { credentialOptions, SecretName } from "./credentials.ts";
import { Entities, EntityType } from "./entities.ts";
import { Channel, Guard } from "./guard.ts";
import { payloadsSchema } from "./payloads.ts";
import { RetentionSection } from "./retention.ts";
import {
  budgetsMax,
  candidatesMax,
  conversationDaysMax,
  dlpRulesMax,
  limitsMax,
  providersMax,
  shardsMax,
  sinksMax,
  splitsMax,
  tiersMax,
  windowMsMax,
} from "./limits.ts";
import { candidateOptions, Retries, Routes, servingOptions } from "./route-schema.ts";
import { ModelPattern, Name, RuleWhen, When } from "./shapes.ts";
import { Sink } from "./sinks.ts";

/** Whole nano-dollars: nine decimals at most, so that nothing is lost on the way to integers. */
const Usd = z
  .number()
  .min(0)
  .max(9_000_000)
  .refine((usd) => Math.abs(usd * 1e9 - Math.round(usd * 1e9)) < 1e-3, "at most nine decimals");

/** Dollars per million tokens, per request and per second that a model runs. */
export const Price = z.strictObject({
  inputUsdPerMtok: Usd,
  outputUsdPerMtok: Usd,
  cachedReadUsdPerMtok: Usd.optional(),
  cacheWrite5mUsdPerMtok: Usd.optional(),
  cacheWrite1hUsdPerMtok: Usd.optional(),
  reasoningUsdPerMtok: Usd.optional(),
  requestUsd: Usd.optional(),
  secondUsd: Usd.max(100).optional(),
  /** The most seconds that a call priced by `secondUsd` may run; 600 when absent. */
  maxSeconds: z.int().min(5).max(86_400).optional(),
});

/** A provider as this organisation uses it: which adapter, where, with which secret. */
const ProviderEntry = z.strictObject({
  /** The adapter: `openai`, `anthropic`, `google`, `ollama`, ... */
  kind: Name,
  /** Another address than the provider's own: a private endpoint or a test upstream. */
  baseUrl: z.url().max(2_000).optional(),
  /** In place of an address: a Worker or Workers AI that the deployment is bound to. */
  binding: BindingName.optional(),
  /** The name of the secret that holds the credential; the adapter's own by default. */
  secret: SecretName.optional(),
  ...credentialOptions,
});

/** One way to answer: which asked models it serves, and as what. Lower priority is tried first. */
const Candidate = z.strictObject({
  provider: Name,
  /** The model to ask the provider for; the asked one when absent. */
  model: z.string().min(1).max(200).optional(),
  serves: z.array(ModelPattern).min(1).max(200),
  priority: z.int().min(0).max(1_000).default(100),
  ...candidateOptions,
});

/** A class of service: which models its members may ask for, and who answers, in which order. */
const Tier = z.strictObject({
  title: z.string().max(200).optional(),
  candidates: z.array(Candidate).min(1).max(candidatesMax),
  /** The most output tokens a request may ask for. */
  maxOutputTokens: z.int().min(1).max(10_000_000).optional(),
  /** The cheaper tier that takes over when a budget says `downgrade`. */
  downgradeTo: Name.optional(),
  ...servingOptions,
});

const Scope = z.enum([
  ...(["user", "key", "model", "tag", "ip", "session"] as const),
  ...(["team", "route", "organisation"] as const),
]);

const Limit = z.strictObject({
  name: Name,
  metric: z.enum(["requests", "tokens", "usd"]),
  /** Requests, tokens, or dollars. */
  limit: z.number().positive().max(1e15),
  windowMs: z.int().min(1_000).max(windowMsMax),
  mode: z.enum(["sliding", "fixed", "gcra"]).default("sliding"),
  scope: Scope.default("user"),
  when: RuleWhen.default({}),
});

const Concurrency = z.strictObject({
  name: Name,
  limit: z.int().min(1).max(10_000),
  scope: z.enum(["user", "key", "model"]).default("user"),
  when: RuleWhen.default({}),
});

const Budget = z.strictObject({
  name: Name,
  limitUsd: Usd,
  period: z.enum(["day", "week", "month"]).default("month"),
  scope: z.enum(["user", "key", "tag", "team", "route", "organisation"]).default("user"),
  /** Shares of the limit that raise an event, once each per period. */
  thresholds: z.array(z.number().gt(0).max(10)).max(10).default([0.8, 1]),
  atLimit: z.enum(["block", "downgrade", "allow"]).default("block"),
  /** Of a team's budget: the organisation's budget that it is a part of. */
  parent: Name.optional(),
  when: RuleWhen.default({}),
});

const CustomPattern = z.strictObject({
  source: z.string().min(1).max(512),
  caseInsensitive: z.boolean().optional(),
  checksum: z.enum(["luhn", "mod97"]).optional(),
  contextWords: z.array(z.string().min(1).max(64)).max(50).optional(),
  allow: z.array(z.string().min(1).max(200)).max(200).optional(),
});

const DlpRule = z
  .strictObject({
    id: Name,
    detector: Name.optional(),
    pattern: CustomPattern.optional(),
    dictionary: z.array(z.string().min(2).max(200)).max(1_000).optional(),
    /** What the service of `dlp.entities` finds, as in `person`; on prompts alone. */
    entity: EntityType.optional(),
    directions: z
      .array(z.enum(["prompt", "answer"]))
      .min(1)
      .max(2),
    channels: z.array(Channel).min(1).optional(),
    action: z.enum(["off", "warn", "redact", "mask", "tokenize", "block"]),
    mode: z.enum(["enforce", "monitor"]).default("enforce"),
    threshold: z.number().min(0).max(1).optional(),
    /** How long a placeholder of `tokenize` stands for the same value; `request` when absent. */
    lifetime: z.enum(["request", "conversation"]).optional(),
  })
  .refine(
    (rule) =>
      [rule.detector, rule.pattern, rule.dictionary, rule.entity].filter(Boolean).length === 1,
    "a rule names exactly one of detector, pattern, dictionary and entity",
  );

const Accounting = z.strictObject({
  /** `strict` cuts an answer that would cost more than was held; `estimate` lets it and says so. */
  mode: z.enum(["strict", "estimate"]).default("strict"),
  /** What a request that names no maximum may answer. */
  defaultMaxOutputTokens: z.int().min(1).max(1_000_000).default(4_096),
  /** A model without a price: refused, or charged at this price. */
  unpriced: z.union([z.literal("deny"), Price]).default("deny"),
  /** How long a hold lives without a settlement. */
  holdMs: z.int().min(10_000).max(86_400_000).default(600_000),
});

const Upstream = z.strictObject({
  firstByteMs: z.int().min(100).max(600_000).default(60_000),
  betweenBytesMs: z.int().min(100).max(600_000).default(60_000),
  /** After how long a silence a stream's caller is sent a comment; 15 s when absent. */
  keepAliveMs: z.int().min(100).max(600_000).optional(),
  /** Tries at one provider before the next is asked; without it, one. */
  retries: Retries.optional(),
});

/** Addresses in the form of Cloudflare's AI Gateway: which names in them are this organisation. */
const CloudflareNames = z.strictObject({
  /** Account ids beside the organisation's own name. */
  accounts: z.array(z.string().min(1).max(64)).max(20).default([]),
  /** Gateway ids; any when absent. */
  gateways: z.array(z.string().min(1).max(64)).max(100).optional(),
});

/** Answers given again to the same request. Without this section nothing is kept. */
const CacheRule = z.strictObject({
  /** How long an answer is kept; 0 keeps only what a caller's header asks for. */
  ttlSeconds: z.int().min(0).max(2_678_400).default(0),
  /** Per tier, in place of `ttlSeconds`. */
  tiers: z.record(Name, z.int().min(0).max(2_678_400)).default({}),
  /** The longest time that a caller's header may ask for. */
  maxTtlSeconds: z.int().min(1).max(2_678_400).default(86_400),
  /** Who may be given somebody's answer: they alone, their team, everybody. */
  scope: z.enum(["user", "team", "organisation"]).default("user"),
});

/** A member, often a service account, whose requests several actors decide. */
const Split = z.strictObject({
  member: z.string().min(1).max(200),
  /** How many; about one for each 150 requests a second. */
  shards: z.int().min(1).max(shardsMax),
});

/** Who must agree before a document counts. */
const Approvals = z.strictObject({
  /** Admins whose word a version needs: with 2, one proposes it and another approves it. */
  publish: z.union([z.literal(1), z.literal(2)]).default(1),
});

/** The document as it is stored and hashed: every default is written out. */
export const PolicyDocument = z.strictObject({
  schema: z.literal(1),
  timeZone: z.string().max(64).default("UTC"),
  providers: z.record(Name, ProviderEntry).refine((all) => Object.keys(all).length <= providersMax),
  tiers: z.record(Name, Tier).refine((all) => Object.keys(all).length <= tiersMax),
  /** Who answers some requests in place of their tier; the first route that takes one decides. */
  routes: Routes.optional(),
  /** The tier of a member who names none. */
  defaultTier: Name.default("standard"),
  models: z
    .strictObject({
      allow: z.array(ModelPattern).max(1_000).default(["*"]),
      deny: z.array(ModelPattern).max(1_000).default([]),
    })
    .prefault({}),
  /** Prices that override the price book, by `provider/model` or by model; a star may end a name. */
  prices: z.record(z.string().max(300), Price).default({}),
  limits: z.array(Limit).max(limitsMax).default([]),
  concurrency: z.array(Concurrency).max(limitsMax).default([]),
  budgets: z.array(Budget).max(budgetsMax).default([]),
  dlp: z
    .strictObject({
      rules: z.array(DlpRule).max(dlpRulesMax).default([]),
      /** Who finds what no pattern can: names, free-form addresses. */
      entities: Entities.optional(),
      /** For how long values come back in a conversation that its provider keeps; 0 for never. */
      conversationDays: z.int().min(0).max(conversationDaysMax).optional(),
    })
    .prefault({}),
  guard: Guard.prefault({ action: "off" }),
  accounting: Accounting.prefault({}),
  upstream: Upstream.prefault({}),
  cloudflare: CloudflareNames.optional(),
  cache: CacheRule.optional(),
  /** What is kept of prompts and answers; nothing without it. */
  payloads: payloadsSchema(When.default({})).optional(),
  /** How long the archive is kept; for ever without it. */
  retention: RetentionSection.optional(),
  /** Where the record is sent on to. */
  sinks: z.array(Sink).max(sinksMax).optional(),
  approvals: Approvals.optional(),
  /** Members who are too hot for one actor. */
  split: z.array(Split).max(splitsMax).optional(),
});
/** What admins write: defaults may be left out. */
export type PolicyInput = z.input<typeof PolicyDocument>;
export type PolicyDocument = z.infer<typeof PolicyDocument>;
export type PolicyWhen = z.infer<typeof RuleWhen>;
export type PolicyPrice = z.infer<typeof Price>;
export type PolicyTier = PolicyDocument["tiers"][string];
