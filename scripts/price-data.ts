/**
 * src/providers/price-data.ts: what the price package knows of the providers that the gateway can
 * call, without the rest of it (76 KiB of the Worker, packed). `--check` fails when the file is stale.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  calcPrice,
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type Provider,
} from "@pydantic/genai-prices";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
export const priceDataFile = path.join(root, "src/providers/price-data.ts");

/** Prices have start dates; the book is read as of this day, whatever the clock says. */
const READ_AS_OF = "2026-11-01";

/** Some hosts are cheaper at night: each hour is looked at and the dearest counts. */
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));

/** The package's names of who is called here, and of those whom they fall back to. */
const SHIPPED = [
  "anthropic",
  "aws",
  "azure",
  "cerebras",
  "cloudflare",
  "cohere",
  "deepseek",
  "fireworks",
  "google",
  "groq",
  "huggingface_cerebras",
  "huggingface_fireworks-ai",
  "huggingface_groq",
  "huggingface_hyperbolic",
  "huggingface_nebius",
  "huggingface_novita",
  "huggingface_nscale",
  "huggingface_ovhcloud",
  "huggingface_publicai",
  "huggingface_sambanova",
  "huggingface_together",
  "mistral",
  "moonshotai",
  "openai",
  "openrouter",
  "perplexity",
  "together",
  "x-ai",
];

/** The parts of a price that the gateway counts, in the order of the file's columns. */
const PARTS = [
  "input_mtok",
  "output_mtok",
  "cache_read_mtok",
  "cache_write_mtok",
  "cache_write_1h_mtok",
  "output_reasoning_mtok",
  "requests_kcount",
];

/** Dollars of each part at its dearest tier and hour; "" for a part without a price. */
function dearest(provider: Provider, model: ModelInfo): string {
  const quotes = new Map<string, number>();
  const alone = { ...provider, models: [{ ...model, match: { equals: "it" } }] };
  for (const hour of HOURS) {
    const timestamp = new Date(`${READ_AS_OF}T${hour}:00:00Z`);
    const found = calcPrice({}, "it", { provider: alone, timestamp });
    for (const [part, quote] of Object.entries(found?.model_price ?? {})) {
      if (quote === undefined) continue;
      const dollars =
        typeof quote === "number"
          ? quote
          : Math.max(quote.base, ...quote.tiers.map(({ price }) => price));
      quotes.set(part, Math.max(quotes.get(part) ?? 0, dollars));
    }
  }
  return PARTS.map((part) => quotes.get(part) ?? "")
    .join(",")
    .replace(/,+$/, "");
}

const MARKS = { equals: "=", starts_with: "^", ends_with: "$", contains: "*", regex: "~" } as const;

/** A condition as alternatives of words that must all hold. */
function alternatives(match: MatchLogic): string[][] {
  if ("or" in match) return match.or.flatMap(alternatives);
  if ("and" in match) {
    return match.and
      .map(alternatives)
      .reduce((left, right) => left.flatMap((a) => right.map((b) => [...a, ...b])));
  }
  const [kind, value] = Object.entries(match)[0] as [keyof typeof MARKS, string];
  if (/[\s;`]|\$\{/.test(value)) throw new Error(`"${value}" does not fit the file's form`);
  // Names are compared in lower case; expressions are applied to the name in lower case as they are.
  return [[MARKS[kind] + (kind === "regex" ? value : value.toLowerCase())]];
}

/** A provider's prices: of each model its names, its context window and its quotes. */
interface Section {
  id: string;
  fallbacks: readonly string[];
  models: readonly (readonly [names: string, contextWindow: string, quotes: string])[];
}

/** Where a name may be cut, so that the next has its beginning: after each of these, and at its end. */
const CUTS = /(?<=[-./:])|$/g;

/**
 * Names in which a beginning that is the one before's, too, is a letter: A for all of it, B for all up
 * to its last cut, C for all up to the last but one. What is no such letter is the mark of a name.
 */
function shortened(names: readonly string[]): string[] {
  let before = "";
  return names.map((name) => {
    const cuts = Array.from(before.matchAll(CUTS), ({ index }) => index).toReversed();
    const back = cuts.findIndex((cut) => cut > 0 && name.startsWith(before.slice(0, cut)));
    if (back > 25) throw new Error(`"${before}" has more cuts than there are letters`);
    before = name;
    return back < 0 ? name : String.fromCodePoint(65 + back) + name.slice(cuts[back]);
  });
}

function sectionOf(id: string): Section {
  const provider = findProvider({ providerId: id });
  if (provider?.id !== id) throw new Error(`the price package has no provider "${id}"`);
  const fallbacks = provider.fallback_model_providers ?? [];
  const missing = fallbacks.filter((fallback) => !SHIPPED.includes(fallback));
  if (missing.length > 0) throw new Error(`"${id}" falls back to ${missing.join(", ")}`);
  const words = provider.models.map(({ match }) => alternatives(match).map((all) => all.join(";")));
  const short = shortened(words.flat());
  const models = provider.models.map((model, index) => {
    const names = short.splice(0, words[index]?.length ?? 0).join(" ");
    return [names, String(model.context_window ?? ""), dearest(provider, model)] as const;
  });
  return { id, fallbacks, models };
}

/** One part of every model, a line each. */
const column = (part: 0 | 1 | 2, { models }: Pick<Section, "models">): string =>
  models.map((model) => model[part]).join("\n");

/** The whole file. */
export function renderPriceData(): string {
  const manifest = path.join(root, "node_modules/@pydantic/genai-prices/package.json");
  const { version, license } = JSON.parse(readFileSync(manifest, "utf8")) as Record<string, string>;
  const sections = SHIPPED.map(sectionOf);
  const all = { models: sections.flatMap(({ models }) => models) };
  const fallbacks = sections.map(
    ({ id, fallbacks }) =>
      `  ${/^\w+$/.test(id) ? id : JSON.stringify(id)}: [${fallbacks.map((one) => JSON.stringify(one)).join(", ")}],`,
  );
  return `/**
 * Generated by \`node scripts/price-data.mjs\` from @pydantic/genai-prices ${version} (${license}), read as of
 * ${READ_AS_OF}; do not edit. In columns, which pack better than rows: each has a line for a model.
 */
/* oxlint-disable max-lines -- a table, written by a script */
export const PRICE_BOOK_VERSION = "genai-prices-${version}";

/** The sections, in the order of the columns, and whose models are looked up when a name is not there. */
export const PRICE_FALLBACKS: Readonly<Record<string, readonly string[]>> = {
${fallbacks.join("\n")}
};

/**
 * Alternative names, an empty line between sections. \`=\` equals, \`^\` starts with, \`$\` ends with, \`*\`
 * contains, \`~\` matches; \`;\` joins what must hold together. A letter is the beginning of the name
 * before: A is all of it, B all up to the last of its cuts, which are after \`-\`, \`.\`, \`/\` and \`:\`.
 */
export const PRICE_NAMES = String.raw\`${sections.map((section) => column(0, section)).join("\n\n")}\`;

/** Context windows, in tokens. */
export const PRICE_WINDOWS = \`${column(1, all)}\`;

/**
 * Dollars per million tokens at the dearest tier and hour: input, output, cached input, cache write for
 * 5 minutes and for an hour, reasoning; then dollars per thousand requests.
 */
export const PRICE_QUOTES = \`${column(2, all)}\`;
`;
}

function main(): void {
  const text = renderPriceData();
  if (!process.argv.includes("--check")) {
    writeFileSync(priceDataFile, text);
    return;
  }
  if (readFileSync(priceDataFile, "utf8") === text) return;
  console.error(
    "src/providers/price-data.ts is stale: run `node scripts/price-data.mjs` and commit it.",
  );
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
