/** Which real providers this machine can reach: keys in `.dev.vars`, an Ollama on its default port. */
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** The variables of `file`; none when it does not exist. Values never leave through a message. */
export function readDevVars(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  const parsed = Object.entries(parseEnv(readFileSync(file, "utf8")));
  return Object.fromEntries(
    parsed.filter(
      (pair): pair is [string, string] => typeof pair[1] === "string" && pair[1] !== "",
    ),
  );
}

/** The kind of provider that a variable is the key of. */
const keyOf: Record<string, string> = {
  OPENAI_API_KEY: "openai",
  ANTHROPIC_API_KEY: "anthropic",
  GEMINI_API_KEY: "google",
};

export interface LiveProvider {
  kind: string;
  /** The name of the variable that holds the key. */
  secret: string;
}

/** The providers that `.dev.vars` has keys for. */
export function liveProviders(vars: Record<string, string>): LiveProvider[] {
  return Object.entries(keyOf)
    .filter(([secret]) => vars[secret])
    .map(([secret, kind]) => ({ kind, secret }));
}

/** The models of an Ollama at `url`, or `undefined` when none answers within half a second. */
export async function findOllama(url = "http://127.0.0.1:11434"): Promise<string[] | undefined> {
  try {
    const answer = await fetch(`${url}/api/tags`, { signal: AbortSignal.timeout(500) });
    if (!answer.ok) return undefined;
    const body = (await answer.json()) as { models?: { name?: string }[] };
    return (body.models ?? []).flatMap((model) => (model.name ? [model.name] : []));
  } catch {
    return undefined;
  }
}
