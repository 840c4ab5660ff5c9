/**
 * Cloudflare AI Gateway's dynamic routes as routes of a policy. Pure: a graph in, routes and a
 * sentence for each thing that cannot be carried over out. Both dialects are read, that of the docs
 * (`condition`, `rate_limit`) and that of the SDKs (`conditions`, `rate`). Format:
 * developers.cloudflare.com/ai-gateway/features/dynamic-routing/json-configuration.
 */
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";
import { carryCondition, narrowWhen, type CarriedWhen } from "./cloudflare-conditions.ts";
import { candidatesMax, routesMax } from "./limits.ts";
import type { PolicyRoute } from "./route-schema.ts";

const Target = z.looseObject({
  elementId: z.string().optional(),
  element_id: z.string().optional(),
});
const Element = z.looseObject({
  id: z.string().max(200),
  type: z.string().max(50),
  properties: z.record(z.string(), z.unknown()).nullish(),
  outputs: z.record(z.string(), z.union([Target, z.string()])).nullish(),
});
type Element = z.infer<typeof Element>;
const Graph = z.looseObject({
  name: z.string().min(1).max(200),
  elements: z.array(Element).min(1).max(500),
});

/** A route to be, as a policy document takes it. */
export type CarriedRoute = Pick<PolicyRoute, "name"> & {
  when: CarriedWhen;
  candidates: { provider: string; model: string; priority: number; [option: string]: unknown }[];
};

export interface Carried {
  routes: CarriedRoute[];
  /** What is different here, or missing: a sentence each. */
  notes: string[];
}

/** Cloudflare's names of providers that have another one here. */
const PROVIDERS: Readonly<Record<string, string>> = {
  "google-ai-studio": "google",
  "google-vertex-ai": "vertex",
  grok: "xai",
  "perplexity-ai": "perplexity",
  "azure-openai": "azure",
  "aws-bedrock": "bedrock",
};

/** Thrown for what is no graph of routes; the message is for people. */
export class NoRoutes extends Error {}

/** Carries over what an API call, a file or a Terraform state holds: one route, or several. */
export function carryRoutes(given: unknown, providers: Readonly<Record<string, string>>): Carried {
  const carried: Carried = { routes: [], notes: [] };
  for (const one of graphsIn(given)) new Walk(one, providers, carried).run();
  if (carried.routes.length > routesMax) {
    throw new NoRoutes(`These are more than ${routesMax} routes, which a policy cannot hold.`);
  }
  return carried;
}

/** The graphs in whatever envelope they came in. */
function graphsIn(given: unknown): z.infer<typeof Graph>[] {
  if (Array.isArray(given)) return given.flatMap(graphsIn);
  const outer = z.record(z.string(), z.unknown()).safeParse(given).data ?? {};
  const inner = outer["result"] ?? outer["routes"] ?? outer["route"] ?? outer["data"];
  if (outer["elements"] === undefined && typeof inner === "object" && inner !== null) {
    return graphsIn(inner);
  }
  const elements = outer["elements"] ?? versionOf(outer["version"]);
  const graph = Graph.safeParse({ ...outer, elements });
  if (!graph.success) throw new NoRoutes("Expected a dynamic route: name and elements.");
  return [graph.data];
}

/** An answer may hold its graph only as the version's data, as JSON in a text. */
function versionOf(version: unknown): unknown {
  const { data } = (version ?? {}) as { data?: unknown };
  return typeof data === "string" ? tryParseJson(data) : data;
}

/** What has been decided on the way to an element. */
interface Path {
  when: CarriedWhen;
  candidates: CarriedRoute["candidates"];
  /** Elements on the way, to see a circle. */
  seen: readonly string[];
}

/** One graph, walked from its start: each way through it is a route, the first that fits decides. */
class Walk {
  readonly #name: string;
  readonly #elements: ReadonlyMap<string, Element>;
  readonly #first: Element | undefined;
  readonly #providers: Readonly<Record<string, string>>;
  readonly #carried: Carried;
  #count = 0;

  constructor(
    { name, elements }: z.infer<typeof Graph>,
    providers: Readonly<Record<string, string>>,
    carried: Carried,
  ) {
    this.#name = name;
    this.#elements = new Map(elements.map((element) => [element.id, element]));
    this.#first = elements.find(({ type }) => type === "start");
    this.#providers = providers;
    this.#carried = carried;
  }

  run(): void {
    if (this.#first === undefined) throw new NoRoutes(`The route "${this.#name}" has no start.`);
    const when = { models: [`dynamic/${this.#name}`] };
    this.#visit(this.#first, { when, candidates: [], seen: [] });
  }

  #visit(element: Element | undefined, path: Path): void {
    if (element === undefined || element.type === "end") return this.#emit(path);
    if (path.seen.includes(element.id)) {
      throw new NoRoutes(`The route "${this.#name}" runs in a circle at "${element.id}".`);
    }
    const next = { ...path, seen: [...path.seen, element.id] };
    switch (element.type) {
      case "start":
        return this.#visit(this.#behind(element, "next"), next);
      case "conditional":
        return this.#fork(element, next);
      case "percentage":
        return this.#split(element, next);
      case "rate":
      case "rate_limit":
        return this.#limit(element, next);
      case "model":
        return this.#model(element, next);
      default:
        this.#note(element, `elements of type "${element.type}" are not known here`);
        return this.#emit(next);
    }
  }

  /** The element behind a port; a start may have it without one. */
  #behind({ outputs }: Element, port: string): Element | undefined {
    const output = outputs?.[port] ?? (port === "next" ? outputs?.["elementId"] : undefined);
    const id = typeof output === "string" ? output : (output?.elementId ?? output?.element_id);
    return id === undefined ? undefined : this.#elements.get(id);
  }

  /** Who meets the condition is decided first; all others come to the routes behind. */
  #fork(element: Element, path: Path): void {
    const { condition, conditions } = element.properties ?? {};
    const { alternatives, negated, problem } = carryCondition(condition ?? conditions);
    if (problem !== undefined) {
      this.#note(element, `${problem}; requests that meet it are treated like all others`);
      return this.#visit(this.#behind(element, "false"), path);
    }
    const [first, last] = negated ? ["false", "true"] : ["true", "false"];
    for (const alternative of alternatives) {
      const when = narrowWhen(path.when, alternative);
      if (when !== undefined) this.#visit(this.#behind(element, first), { ...path, when });
    }
    this.#visit(this.#behind(element, last), path);
  }

  /** Ports are shares of what comes here: parts of one draw, so that they never overlap. */
  #split(element: Element, path: Path): void {
    const { from = 0, to = 100, draw } = path.when.share ?? {};
    const ports = Object.keys(element.outputs ?? {}).filter((port) =>
      /^\d+(?:\.\d+)?%$/.test(port),
    );
    const name = draw ?? `${safe(this.#name)}-${safe(element.id)}`.slice(0, 60);
    let at = 0;
    const take = (port: string, percent: number): void => {
      const [begin, end] = [at, at + percent].map((part) => from + ((to - from) * part) / 100);
      at += percent;
      if (begin === undefined || end === undefined || end <= begin) return;
      const share = { from: rounded(begin), to: rounded(end), draw: name };
      this.#visit(this.#behind(element, port), { ...path, when: { ...path.when, share } });
    };
    for (const port of ports) take(port, Math.min(Number.parseFloat(port), 100 - at));
    take("else", 100 - at);
  }

  /** Limits are rules of their own in a policy, and refuse; nothing there chooses a route by them. */
  #limit(element: Element, path: Path): void {
    const { key, limit, limitType, limit_type, window, interval } = element.properties ?? {};
    const kind = (limitType ?? limit_type) === "cost" ? "US dollars" : "requests";
    const what = `${String(limit)} ${kind} in ${String(window ?? interval)} seconds for each ${String(key)}`;
    const more = this.#behind(element, "fallback");
    const lost = more === undefined ? "" : `, and what it falls back to ("${more.id}") is left out`;
    this.#note(
      element,
      `no route depends on a limit: write ${what} under limits or budgets${lost}`,
    );
    this.#visit(this.#behind(element, "success"), path);
  }

  #model(element: Element, path: Path): void {
    const { provider, model, timeout, retries } = element.properties ?? {};
    const end = this.#behind(element, "success");
    if (end !== undefined && end.type !== "end") {
      this.#note(element, "what follows a model's success is left out: its answer is the answer");
    }
    if (typeof provider !== "string" || typeof model !== "string") {
      this.#note(element, "it names no provider and model");
      return this.#visit(this.#behind(element, "fallback"), path);
    }
    const candidate = {
      provider: this.#providerOf(provider),
      model,
      priority: path.candidates.length + 1,
      ...(typeof timeout === "number" && timeout > 0
        ? { firstByteMs: Math.min(Math.max(Math.round(timeout), 100), 600_000) }
        : {}),
      ...(typeof retries === "number"
        ? { retries: { attempts: Math.min(Math.max(Math.round(retries) + 1, 1), 5) } }
        : {}),
    };
    const candidates = [...path.candidates, candidate];
    this.#visit(this.#behind(element, "fallback"), { ...path, candidates });
  }

  #providerOf(slug: string): string {
    for (const names of [this.#providers, PROVIDERS]) {
      if (Object.hasOwn(names, slug)) return names[slug] ?? slug;
    }
    return slug;
  }

  #emit({ when, candidates }: Path): void {
    const { routes } = this.#carried;
    if (candidates.length === 0) {
      const seen = JSON.stringify(when);
      this.#carried.notes.push(
        `${this.#name}: one way through it ends without a model, so there is no route for ${seen}; such requests fall to the routes behind.`,
      );
      return;
    }
    if (routes.length > routesMax) return;
    this.#count += 1;
    const name = `${safe(this.#name)}${this.#count === 1 ? "" : `-${this.#count}`}`;
    if (candidates.length > candidatesMax) {
      this.#carried.notes.push(`${name}: only the first ${candidatesMax} models are kept.`);
    }
    routes.push({ name, when, candidates: candidates.slice(0, candidatesMax) });
  }

  #note({ id }: Element, what: string): void {
    const note = `${this.#name}, element "${id}": ${what}.`;
    if (!this.#carried.notes.includes(note)) this.#carried.notes.push(note);
  }
}

/** A text as a policy's names are written. */
function safe(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return name === "" ? "route" : name.slice(0, 40);
}

function rounded(percent: number): number {
  return Math.round(percent * 10_000) / 10_000;
}
