/**
 * docs/providers.md: every provider, what it can be asked, and which tests prove it.
 *
 * What a provider can do is read from the registry and the price book; what proves it is read from
 * the tests themselves, so that the page cannot claim more than either. `--check` fails when it is
 * stale.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { priceOf, priceRows } from "#providers/price-book.ts";
import { PRICE_FALLBACKS } from "#providers/price-data.ts";
import { PROVIDERS } from "#providers/registry.ts";
import type { Operation, Provider } from "#providers/types.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
export const page = path.join(root, "docs/providers.md");

/** What can be asked, as the matrix heads it. */
const OPERATIONS: readonly [Operation, string][] = [
  ["chat", "conversations"],
  ["embeddings", "embeddings"],
  ["responses", "responses"],
  ["models", "models"],
  ["count-tokens", "token counts"],
];

/** Tests that run a whole gateway against an upstream that speaks as a provider does. */
const SCENARIOS = [
  "dialects",
  "providers-out",
  "bound-providers",
  "azure",
  "replicate",
  "perplexity",
  "vertex",
  "cloudflare",
  "cloudflare-rest",
  "more-sdks",
].map((name) => `test/scenarios/${name}.test.ts`);

const textOf = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** A section of the price book for one host of a router ends in the host's name. */
const HOST_SECTION = /^[a-z]+_(.+)$/;

/** Names that the price book knows word for word, with a host where a section is one's. */
const knownNames = Object.keys(PRICE_FALLBACKS).flatMap((section) => {
  const host = HOST_SECTION.exec(section)?.[1];
  const written = priceRows(section)
    .flatMap(([names]) => names)
    .join("\n");
  const names = [...written.matchAll(/(?:^|\s)[=^*$]([^\s;]+)/g)].map(([, name]) => String(name));
  return host === undefined ? names : names.map((name) => `${name}:${host}`);
});

function isPriced(id: string): boolean {
  return knownNames.some((name) => priceOf(id, name) !== undefined);
}

const tick = (is: boolean): string => (is ? "yes" : "-");

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(heads), `|${"---|".repeat(heads.length)}`, ...rows.map(line)].join("\n");
}

const all = Object.entries(PROVIDERS);

function addresses(): string {
  const rows = all.map(([id, provider]) => [
    `\`${id}\``,
    provider.title,
    provider.baseUrlForm === undefined
      ? `\`${provider.defaultBaseUrl}\``
      : `\`${provider.baseUrlForm}\`, named by policy`,
    `\`${provider.secretName}\``,
    provider.dialect,
  ]);
  return table(["kind", "provider", "base URL", "secret", "dialect"], rows);
}

function capabilities(): string {
  const rows = all.map(([id, { operations }]) => [
    `\`${id}\``,
    ...OPERATIONS.map(([operation]) => tick(operations.includes(operation))),
    tick(isPriced(id)),
  ]);
  return table(["kind", ...OPERATIONS.map(([, head]) => head), "prices"], rows);
}

/** Links to those tests that there are; "nothing" says so. */
function links(files: readonly string[]): string {
  const found = files.filter((file) => existsSync(path.join(root, file)));
  const named = found.map((file) => `[${path.basename(file, ".test.ts")}](../${file})`);
  return named.length === 0 ? "nothing" : named.join(", ");
}

/** Whether a test file names a provider, as a key, a word or a policy's kind. */
function names(file: string, id: string): boolean {
  return new RegExp(`(^|[\\s\\[{])"?${id}"?[:,\\]]`, "m").test(textOf(file));
}

function proofsOf(id: string, { dialect }: Provider): string[] {
  const tables = ["test/providers/registry.test.ts"].filter((file) => names(file, id));
  const prices = ["price-data", "price-book"]
    .map((name) => `test/providers/${name}.test.ts`)
    .filter((file) => textOf(file).includes(`"${id}"`));
  const whole = SCENARIOS.filter((file) => textOf(file).includes(`kind: "${id}"`));
  return [
    links(tables),
    links([`test/providers/${dialect}.test.ts`]),
    links(isPriced(id) ? prices.slice(0, 1) : []),
    links(whole),
  ];
}

function proofs(): string {
  const rows = all.map(([id, provider]) => [`\`${id}\``, ...proofsOf(id, provider)]);
  const heads = [
    "kind",
    "address, credential, errors",
    "bodies and streams",
    "prices",
    "whole gateway",
  ];
  return table(heads, rows);
}

/** Clients that run unmodified, and what each is made by. */
const SDKS: readonly (readonly [name: string, maker: string])[] = [
  ["openai", "OpenAI"],
  ["@anthropic-ai/sdk", "Anthropic"],
  ["@google/genai", "Google"],
  ["ollama", "Ollama"],
  ["groq-sdk", "Groq"],
  ["@mistralai/mistralai", "Mistral"],
  ["@huggingface/inference", "Hugging Face"],
  ["cohere-ai", "Cohere"],
  ["replicate", "Replicate"],
  ["@ai-sdk/openai", "Vercel's AI SDK"],
  ["@ai-sdk/anthropic", "Vercel's AI SDK"],
  ["@ai-sdk/google", "Vercel's AI SDK"],
  ["@langchain/openai", "LangChain"],
  ["ai-gateway-provider", "Cloudflare"],
  ["workers-ai-provider", "Cloudflare"],
];

/** Each with its version, and the scenarios that import it. */
function sdks(): string {
  const { devDependencies } = JSON.parse(textOf("package.json")) as {
    devDependencies: Record<string, string>;
  };
  const scenarios = readdirSync(path.join(root, "test/scenarios"))
    .filter((name) => name.endsWith(".test.ts"))
    .toSorted()
    .map((name) => `test/scenarios/${name}`);
  const rows = SDKS.map(([name, maker]) => [
    `\`${name}\` ${devDependencies[name] ?? ""}`,
    maker,
    links(scenarios.filter((file) => textOf(file).includes(`from "${name}"`))),
  ]);
  return table(["SDK", "of", "proven by"], rows);
}

/** The whole page. */
export function renderProviders(): string {
  return `# Providers

Generated by \`node scripts/docs-providers.mjs\` from the registry, the price book and the tests; do not
edit. To add one, see [Add a provider](how-to/add-a-provider.md).

## Addresses

\`kind\` is what a policy calls a provider. A policy may name another base URL and another secret.

${addresses()}

## What each can be asked

"Yes" is what the gateway has an address for at this provider; whether the vendor offers it for a model
is the vendor's to say. Conversations are asked for as a whole or as a stream. "Prices" says that the price book knows models of this provider; a model
without a price is refused unless a policy names one.

${capabilities()}

## What proves it

Each operation's address is tested with the provider's own. The suite of a dialect holds for each provider
that speaks it. The last column is a gateway that runs
against an upstream on the same machine; no test here calls a vendor. Where it says "nothing",
nothing of that kind names this provider.

${proofs()}

## Which SDKs run against it

Unmodified, with the gateway's address and a key of the gateway's, against an upstream on the same machine. What
each is told, and what it cannot reach, is in
[Move from another gateway](how-to/move-from-another-gateway.md#sdks).

${sdks()}
`;
}

function main(): void {
  const text = renderProviders();
  if (!process.argv.includes("--check")) {
    writeFileSync(page, text);
    return;
  }
  if (existsSync(page) && readFileSync(page, "utf8") === text) return;
  console.error("docs/providers.md is stale: run `node scripts/docs-providers.mjs` and commit it.");
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
