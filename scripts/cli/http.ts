/** The books over HTTP, for commands: one question, and a complaint that says whose fault it was. */
import { Complaint, problemLines, REFUSED, type Target, UNREACHED } from "../policy-target.ts";

/** Sends a request as the target's member; throws a `Complaint` unless it was answered well. */
export async function send(target: Target, at: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${target.key}`);
  let response: Response;
  try {
    response = await fetch(new URL(at, target.url), { ...init, headers });
  } catch {
    throw new Complaint(`Nothing answers at ${target.url}: is the gateway running?`, UNREACHED);
  }
  if (response.ok) return response;
  throw new Complaint(await reasonOf(response), REFUSED);
}

/** What a refusal says, in one line, with the places of what is wrong below it. */
async function reasonOf(response: Response): Promise<string> {
  type Refusal = {
    error?: { message?: string; problems?: { path: string; message: string }[] };
  };
  const body = (await response.json().catch(() => ({}))) as Refusal;
  const { message = `The gateway answered ${response.status}.`, problems = [] } = body.error ?? {};
  return [message, ...problemLines(problems)].join("\n");
}

/** The JSON that an address answers. */
export async function getJson(target: Target, at: string): Promise<unknown> {
  return (await send(target, at)).json();
}

/** A path with those parameters that are given. */
export function withParams(
  at: string,
  params: Readonly<Record<string, string | boolean | undefined>>,
): string {
  const given = Object.entries(params).filter(([, value]) => typeof value === "string");
  const query = new URLSearchParams(given as [string, string][]).toString();
  return query === "" ? at : `${at}?${query}`;
}

/** The parts of a streamed body, line by line. */
export async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
