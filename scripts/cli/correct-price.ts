/** `tallygate correct-price`: costs settled calls anew where a price was wrong. */
import { nanosOf } from "#policy/price.ts";
import type { PolicyPrice } from "#policy/document.ts";
import { AdminClient } from "../policy-client.ts";
import { dateOf } from "../policy-session.ts";
import { Complaint, MISUSED, UNREACHED } from "../policy-target.ts";
import { type Command, print, readArgs, targetOf, targetOptions, targetUsage } from "./command.ts";
import { tableOf } from "./table.ts";

/** How long the command waits for the correction to be applied, and how often it looks. */
const waitMs = 10 * 60_000;
const lookMs = 250;

interface Correction {
  order: number;
  at: number;
  reason: string;
  terms: { model: string; provider?: string; from: number; to: number };
  applied?: { principals: number; requests: number; oldNanos: number; newNanos: number };
}

const prices = {
  input: "inputUsdPerMtok",
  output: "outputUsdPerMtok",
  "cached-read": "cachedReadUsdPerMtok",
  "cache-write-5m": "cacheWrite5mUsdPerMtok",
  "cache-write-1h": "cacheWrite1hUsdPerMtok",
  reasoning: "reasoningUsdPerMtok",
  request: "requestUsd",
  second: "secondUsd",
} as const;
type PriceOption = keyof typeof prices;

const usd = (nanos: number): string => `$${(nanos / nanosOf(1)).toFixed(9).replace(/\.?0+$/, "")}`;

/** A date, a time or milliseconds, as the filters of the audit list take them. */
function momentOf(name: string, text: string | undefined): number {
  const at = /^\d{10,}$/.test(text ?? "") ? Number(text) : Date.parse(text ?? "");
  if (Number.isNaN(at)) throw new Complaint(`Write --${name} as 2026-11-21.`, MISUSED);
  return at;
}

function priceOf(flags: Readonly<Record<string, unknown>>): PolicyPrice {
  const given = (Object.keys(prices) as PriceOption[]).flatMap((option) => {
    const text = flags[option];
    if (typeof text !== "string") return [];
    if (text === "" || !(Number(text) >= 0)) {
      throw new Complaint(`Write --${option} in dollars, as 0.15.`, MISUSED);
    }
    return [[prices[option], Number(text)]];
  });
  const price = Object.fromEntries(given) as Partial<PolicyPrice>;
  const { inputUsdPerMtok, outputUsdPerMtok } = price;
  if (inputUsdPerMtok === undefined || outputUsdPerMtok === undefined) {
    throw new Complaint("Give --input and --output, in dollars per million tokens.", MISUSED);
  }
  return { ...price, inputUsdPerMtok, outputUsdPerMtok };
}

function wordsOf({ applied, terms }: Correction): string {
  if (applied === undefined) return "under way";
  const { requests, principals, oldNanos, newNanos } = applied;
  const calls = `${requests} call${requests === 1 ? "" : "s"} of ${principals}`;
  return `${calls}: ${usd(oldNanos)} -> ${usd(newNanos)} (${terms.model})`;
}

const listOf = async (client: AdminClient): Promise<Correction[]> =>
  (await client.ask({ type: "ListCorrections" }))["corrections"] as Correction[];

/** The correction once it is applied. */
async function applied(client: AdminClient, order: unknown): Promise<Correction> {
  for (const until = Date.now() + waitMs; Date.now() < until;) {
    const found = (await listOf(client)).find((one) => one.order === order);
    if (found?.applied !== undefined) return found;
    await new Promise((resolve) => {
      setTimeout(resolve, lookMs);
    });
  }
  const text = "It is ordered, and goes on; `correct-price` without words shows how far it is.";
  throw new Complaint(text, UNREACHED);
}

const text = { type: "string" } as const;
const priceOptions = Object.fromEntries(Object.keys(prices).map((name) => [name, text])) as {
  [name in PriceOption]: typeof text;
};

export const correctPrice: Command = {
  usage: `npx tallygate correct-price                           which corrections were ordered, and done
npx tallygate correct-price <model> --from DATE --to DATE --input USD --output USD [options]

Costs the settled calls of a time anew under another price. Each that changes gets an event of its
own; the old cost stays in the books beside the new one. Budgets are left as they are.

  --from, --to    calls admitted from the first up to but not at the second
  --input, --output, --cached-read, --cache-write-5m, --cache-write-1h, --reasoning
                  dollars per million tokens; --request dollars per call; --second per
                  second of run time
  --provider      only this provider, by its name in the policy
  --reason        kept with the order

${targetUsage}`,
  async run(args) {
    const { values, positionals } = readArgs(args, {
      ...targetOptions,
      ...priceOptions,
      from: text,
      to: text,
      provider: text,
      reason: text,
    });
    const [model, more] = positionals;
    if (more !== undefined) throw new Complaint("Correct one model at a time.", MISUSED);
    const asked = model === undefined ? undefined : orderOf(model, values);
    const client = await AdminClient.open(targetOf(values));
    try {
      if (asked === undefined) {
        const all = await listOf(client);
        const rows = all.map((one) => [
          String(one.order),
          dateOf(one.at),
          wordsOf(one),
          one.reason,
        ]);
        const words = rows.length === 0 ? "No price was corrected." : tableOf(rows);
        print(values.json === true ? JSON.stringify(all) : words);
        return 0;
      }
      const { order } = await client.ask(asked);
      const done = await applied(client, order);
      print(
        values.json === true ? JSON.stringify(done) : `${wordsOf(done)}, as order ${done.order}`,
      );
      return 0;
    } finally {
      client.close();
    }
  },
};

function orderOf(
  model: string,
  flags: Readonly<Partial<Record<PriceOption | "from" | "to" | "provider" | "reason", string>>>,
) {
  const { provider, reason = "" } = flags;
  return {
    type: "CorrectPrice" as const,
    model,
    ...(provider === undefined ? {} : { provider }),
    from: momentOf("from", flags.from),
    to: momentOf("to", flags.to),
    price: priceOf(flags),
    reason,
  };
}
