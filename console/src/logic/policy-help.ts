/** What each place of a policy is for, by its path; `*` stands for any name or number. */
import type { Step } from "./json-places.ts";

const help: Record<string, string> = {
  timeZone: "Where days, weeks and months begin, as in Europe/Berlin.",
  providers: "Who answers: each name is an adapter at an address with a credential.",
  "providers.*.kind": "The adapter: openai, anthropic, google, ollama and others.",
  "providers.*.baseUrl": "Another address than the provider's own: a private endpoint.",
  "providers.*.secret": "The name of the secret that holds the credential, never the credential.",
  tiers: "Classes of service: which models their members may ask for, and who answers.",
  "tiers.*.title": "What people call it.",
  "tiers.*.candidates": "Who is asked, the lowest priority first; the next when one fails.",
  "tiers.*.candidates.*.provider": "One of the providers above.",
  "tiers.*.candidates.*.model": "The model to ask for; the one the caller named when empty.",
  "tiers.*.candidates.*.serves": "Models it answers for, one a line; a star may end a name.",
  "tiers.*.candidates.*.priority": "Lower is tried first.",
  "tiers.*.maxOutputTokens": "The most that an answer may be long.",
  "tiers.*.downgradeTo": "The cheaper tier that takes over when a budget says downgrade.",
  defaultTier: "The tier of members who name none.",
  models: "Which models may be asked for at all.",
  "models.allow": "One a line; a star may end a name.",
  "models.deny": "Stronger than what is allowed.",
  prices: "Dollars per million tokens, by provider/model or by model, over the price book's.",
  "prices.*.inputUsdPerMtok": "Dollars per million tokens read.",
  "prices.*.outputUsdPerMtok": "Dollars per million tokens written.",
  "prices.*.requestUsd": "Dollars for each request, whatever its length.",
  "prices.*.secondUsd": "Dollars for each second that a model runs, where its provider says so.",
  "prices.*.maxSeconds": "The most seconds that such a call may run; 600 when absent.",
  limits: "How much in how long: requests, tokens or dollars.",
  "limits.*.name": "Refusals and headers name it.",
  "limits.*.metric": "What is counted.",
  "limits.*.limit": "Requests, tokens or dollars in one window.",
  "limits.*.windowMs": "The window's length in milliseconds: 60,000 is a minute.",
  "limits.*.mode": "sliding: no window anywhere holds more; fixed: by the clock; gcra: bursts.",
  "limits.*.scope": "For each of what it is counted.",
  "limits.*.when": "To which requests it applies; every list that is given must match.",
  concurrency: "How many requests at the same time.",
  "concurrency.*.limit": "Requests that may be open at once.",
  budgets: "Dollars a day, week or month, held before a call and settled after it.",
  "budgets.*.name": "Refusals and headers name it.",
  "budgets.*.limitUsd": "Dollars in one period.",
  "budgets.*.period": "Calendar days, weeks from Monday, or months, in the time zone above.",
  "budgets.*.scope": "For each of whom; team, route and organisation are shared among their users.",
  "budgets.*.thresholds": "Shares of the limit that raise an event, as in 0.8.",
  "budgets.*.atLimit":
    "block refuses, downgrade takes a cheaper tier, allow goes on with an event.",
  "budgets.*.parent": "Of a team's budget: the organisation's budget that it is a part of.",
  "budgets.*.when": "To which requests it applies; every list that is given must match.",
  dlp: "What is looked for in prompts and answers, and what happens to it.",
  "dlp.rules.*.id": "The rule's name in events and refusals.",
  "dlp.rules.*.detector": "A built-in detector, as in email or payment-card.",
  "dlp.rules.*.pattern": "A pattern of your own (RE2 syntax), with checks of what it finds.",
  "dlp.rules.*.dictionary": "Words to look for, one a line.",
  "dlp.rules.*.entity":
    "A type that the service of dlp.entities finds, as in person; prompts only.",
  "dlp.entities": "A service that finds what no pattern can: names, addresses.",
  "dlp.entities.onFailure": "Without its answer: block refuses the prompt, pass lets it through.",
  "dlp.rules.*.directions": "Whether prompts, answers or both are looked at.",
  "dlp.rules.*.channels": "Which parts of a conversation; all when none is chosen.",
  "dlp.rules.*.action": "What is done with what is found.",
  "dlp.rules.*.mode": "enforce acts; monitor only records.",
  "dlp.rules.*.threshold": "How sure the detector must be, 0 to 1.",
  "dlp.conversationDays":
    "For how long tokenized values come back in a conversation that its provider keeps; 30 unless said.",
  guard: "Looks for attacks in prompts.",
  "guard.action": "flag records, block refuses.",
  "guard.threshold": "How sure it must be, 0 to 1.",
  "guard.byChannel": "Where a channel is treated otherwise, as tool results and files.",
  "guard.secondStage": "A classifier that is asked when the score is in doubt.",
  accounting: "How costs are held and settled.",
  "accounting.mode":
    "strict cuts an answer that would pass its hold; estimate lets it and says so.",
  "accounting.defaultMaxOutputTokens": "What an answer may be long when the request does not say.",
  "accounting.unpriced": "A model without a price is refused, or charged at this price.",
  "accounting.holdMs": "How long a hold lives without a settlement, in milliseconds.",
  upstream: "How long providers may take, and how often they are tried.",
  "upstream.firstByteMs": "The longest wait for the beginning of an answer, in milliseconds.",
  "upstream.betweenBytesMs": "The longest pause within an answer, in milliseconds.",
  "upstream.retries": "Further tries at one provider before the next is asked.",
  cloudflare: "Addresses in the form of Cloudflare's AI Gateway.",
  cache: "Answers given again to the same request.",
  "cache.ttlSeconds": "How long an answer is kept; 0 keeps only what a caller's header asks for.",
  "cache.scope": "Who may be given somebody's answer.",
  approvals: "Who must agree before a version is published.",
  "approvals.publish": "With 2, one admin proposes and another approves.",
};

/** Every path that has help: a test holds them to the schema. */
export const helpPaths: readonly string[] = Object.keys(help);

/** The help for a place; undefined when there is none. */
export function helpFor(steps: readonly Step[]): string | undefined {
  const names = steps.map(String);
  const wanted = helpPaths.find((path) => {
    const parts = path.split(".");
    return (
      parts.length === names.length &&
      parts.every((part, index) => part === "*" || part === names[index])
    );
  });
  return wanted === undefined ? undefined : help[wanted];
}
