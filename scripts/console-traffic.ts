/** Requests of a day in a small organisation, so that the console's pages have something to show. */
import { AdminClient } from "./policy-client.ts";
import type { Keys } from "./state.ts";

interface Gateway {
  url: string;
  keys: Keys;
}

const prompts = [
  "Summarise the meeting in three sentences.",
  "Translate the release notes into German.",
  "My card is 4111 1111 1111 1111, is that a Visa?",
  "Write a haiku about ledgers.",
  "Mail the report to ada@example.com please.",
  "Here is our key AKIA2E7KQ4PXW5JZR3VN, why does it fail?",
  "Explain hash chains to a child.",
];
const models = ["gpt-4o-mini", "gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5"];

async function chat({ url }: Gateway, key: string, model: string, prompt: string): Promise<void> {
  const isClaude = model.startsWith("claude");
  const answer = await fetch(`${url}${isClaude ? "/v1/messages" : "/v1/chat/completions"}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, max_tokens: 400, messages: [{ role: "user", content: prompt }] }),
  });
  await answer.text();
}

/** Has bob's kept texts made unreadable, so that there is a proof to look at. */
export async function eraseBob(gateway: Gateway): Promise<void> {
  const admin = await AdminClient.open({ url: gateway.url, key: gateway.keys.admin });
  await admin.ask({ type: "EraseMember", member: "bob", confirm: "bob", reason: "asked for it" });
  admin.close();
}

/** Teams for the members, a stricter limit, then some dozens of requests, refusals among them. */
export async function makeTraffic(gateway: Gateway, requests = 80): Promise<void> {
  const admin = await AdminClient.open({ url: gateway.url, key: gateway.keys.admin });
  for (const [id, team] of [
    ["alice", "research"],
    ["bob", "support"],
  ] as const) {
    await admin.ask({ type: "SetMember", member: { id, role: "member", tier: "standard", team } });
  }
  admin.close();
  for (let n = 0; n < requests; n += 1) {
    const key = n % 3 === 0 ? gateway.keys.bob : gateway.keys.alice;
    const model = models[n % models.length] ?? "gpt-4o-mini";
    await chat(gateway, key, model, prompts[n % prompts.length] ?? "hello");
  }
}
