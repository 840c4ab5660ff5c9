/** What whoever holds a local gateway's secret does: the first organisation, and links to sign in. */
import type { Keys } from "./state.ts";

/** A cold Worker on a busy machine takes its time to answer for the first time. */
const patienceMs = 60_000;

const members = [
  { id: "admin", role: "admin" },
  { id: "auditor", role: "auditor" },
  { id: "alice", role: "member", tier: "standard" },
  { id: "bob", role: "member", tier: "standard" },
];

function isKeys(value: unknown): value is Keys {
  const keys = value as Record<string, unknown> | null | undefined;
  return members.every(({ id }) => typeof keys?.[id] === "string");
}

async function post(address: string, secret: string, body: object): Promise<Response> {
  try {
    return await fetch(address, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    // A few ports of mail, chat and the like: browsers and SDKs refuse to ask there.
    const hint = why === "bad port" ? "no client asks at this port, name another with --port" : why;
    throw new Error(`${new URL(address).origin} cannot be asked: ${hint}.`, { cause: error });
  }
}

/**
 * Makes the organisation `dev` with its members and policy.
 *
 * @returns the members' API keys, which the gateway tells only this once
 */
export async function seed(url: string, secret: string, policy: unknown): Promise<Keys> {
  const answer = await post(`${url}/setup`, secret, { organisation: "dev", members, policy });
  const text = await answer.text();
  if (answer.status === 409) {
    throw new Error(
      "The organisation exists, but its keys were not saved: delete the state folder or name another with --state.",
    );
  }
  let body: { keys?: unknown } | undefined;
  try {
    body = JSON.parse(text) as { keys?: unknown };
  } catch {
    body = undefined;
  }
  if (!answer.ok || !isKeys(body?.keys)) {
    throw new Error(`POST /setup answered ${answer.status}: ${text.slice(0, 2_000)}`);
  }
  return body.keys;
}

/** A link that signs one browser in as the seeded admin, once, within ten minutes. */
export async function consoleLink(url: string, secret: string): Promise<string> {
  const asked = { organisation: "dev", member: "admin" };
  const answer = await post(`${url}/session/link`, secret, asked);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST /session/link answered ${answer.status}: ${text}`);
  return (JSON.parse(text) as { url: string }).url;
}
