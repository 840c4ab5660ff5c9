/**
 * What assistants may ask: each tool is one of the gateway's own addresses, read with GET. An
 * address checks its own query, so the schemas here are the very ones that it checks with. Assistants
 * are told them as the gateway's description has them, which is made of the same.
 */
import * as z from "zod";
import { dimensions } from "#projections/queries.ts";
import { BudgetsParams, EntryId, EventsParams, SumsParams } from "../books/params.ts";
import { complaintCharsMax } from "./limits.ts";

type Arguments = Record<string, unknown>;

/** Addresses that have a query. */
type Described = "/audit/events" | "/budgets" | "/costs" | "/usage";

/** What is read here of the gateway's description. */
export interface Description {
  info: { version: string };
  paths: Record<Described, { get: { parameters: { name: string; schema: object }[] } }>;
}

interface Tool {
  title: string;
  description: string;
  input: z.ZodType;
  /** `input` as JSON Schema, or the address whose query the description tells. */
  told: object | Described;
  /** Path and query of arguments that fit `input`. */
  address: (given: Arguments) => string;
}

// An id becomes part of a path, where nothing but dots would climb.
const OneEntry = z.strictObject({ id: EntryId.regex(/[^.]/, "expected a request id") });

const objectOf = (properties: object, required: string[] = []) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

/** What the description says of an address's query. */
function queryOf({ paths }: Description, path: Described): object {
  const { parameters } = paths[path].get;
  return objectOf(Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])));
}

const toldEntry = objectOf({ id: { type: "string", pattern: String.raw`^[\w.-]{1,64}$` } }, ["id"]);

const asQuery = (path: string) => (given: Arguments) => {
  const pairs = Object.entries(given).map(([name, value]) => [name, String(value)]);
  return `${path}?${new URLSearchParams(pairs).toString()}`;
};

const ofEntry =
  (suffix = "") =>
  (given: Arguments) =>
    `/audit/events/${OneEntry.parse(given).id}${suffix}`;

const TIMES =
  "`from` and `to` are dates as in 2026-11-21 or times with a zone as in 2026-11-21T09:00:00Z.";
const BY = `\`by\` names one or more of ${dimensions.join(", ")}, with commas between. ${TIMES}`;

const TOOLS: Readonly<Record<string, Tool>> = {
  search_requests: {
    title: "Search the audit list",
    description: `Requests, refusals, reads and acts, newest first, by any of the filters. \`nextCursor\` of an answer, sent as \`cursor\`, gives the next page. ${TIMES}`,
    input: EventsParams,
    told: "/audit/events",
    address: asQuery("/audit/events"),
  },
  get_request: {
    title: "One audit entry",
    description: "One entry of the audit list, by its request id.",
    input: OneEntry,
    told: toldEntry,
    address: ofEntry(),
  },
  explain_request: {
    title: "Why it was decided so",
    description:
      "The limits and budgets as they stood when a request was decided, what was recorded, and the same decision made again today.",
    input: OneEntry,
    told: toldEntry,
    address: ofEntry("/explain"),
  },
  evidence: {
    title: "Evidence for one entry",
    description:
      "The events of one entry with their proofs under a signed checkpoint, as `tallygate verify` takes them.",
    input: OneEntry,
    told: toldEntry,
    address: ofEntry("/evidence"),
  },
  costs: {
    title: "Costs",
    description: `Dollars spent, by dimension. ${BY}`,
    input: SumsParams,
    told: "/costs",
    address: asQuery("/costs"),
  },
  usage: {
    title: "Usage",
    description: `Requests and tokens, by dimension. ${BY}`,
    input: SumsParams,
    told: "/usage",
    address: asQuery("/usage"),
  },
  budgets: {
    title: "Budgets",
    description: `Where every budget stands now: its limit, what is settled and held, and with \`by\` what of it was spent by whom and on what: one or more of ${dimensions.join(", ")}, with commas between.`,
    input: BudgetsParams,
    told: "/budgets",
    address: asQuery("/budgets"),
  },
};

/** The answer to `tools/list`, in MCP's shape. */
export function listTools(description: Description) {
  const tools = Object.entries(TOOLS).map(([name, { told, ...tool }]) => ({
    name,
    title: tool.title,
    description: tool.description,
    inputSchema: typeof told === "string" ? queryOf(description, told) : told,
    annotations: { readOnlyHint: true },
  }));
  return { tools };
}

/**
 * Where a tool's answer is. `undefined` for a tool that there is not; `problem` when the arguments do
 * not fit, told with names and expectations, never with the values.
 */
export function addressOf(
  name: string,
  given: Arguments,
): { address: string } | { problem: string } | undefined {
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
  if (tool === undefined) return undefined;
  const parsed = tool.input.safeParse(given);
  if (parsed.success) return { address: tool.address(given) };
  const problem = parsed.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join(".") || "arguments"}: ${message}`)
    .join("; ");
  return { problem: problem.slice(0, complaintCharsMax) };
}
