/** What `npm start` prints: where the gateway is, and lines that work as they stand. */
import path from "node:path";
import { root } from "./from-wrangler.ts";
import type { Running } from "./gateway.ts";

/** The model that every line asks for. */
export const model = "gpt-4o-mini";

const chat = (url: string, key: string, prompt: string): string => {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: prompt }] });
  return `curl -s ${url}/v1/chat/completions -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${body}'`;
};

/** What can be said of real providers, and what to do to use one. Values are never shown. */
function providerLines(gateway: Running): string[] {
  const lines = gateway.live.map(
    ({ kind, secret }) => `${kind}: real, with ${secret} of .dev.vars`,
  );
  if (gateway.live.length === 0)
    lines.push("none real: put keys into .dev.vars (see .dev.vars.example)");
  const unused = gateway.live.filter(({ kind }) => !gateway.seededLive.includes(kind));
  if (unused.length > 0) {
    const kinds = unused.map(({ kind }) => kind).join(", ");
    lines.push(
      `this state's policy is older than those keys and calls the mock for ${kinds}: start with a new --state`,
    );
  }
  if (gateway.ollama) {
    const models = gateway.ollama.slice(0, 3).join(", ") || "no models yet";
    const command = "npm run policy -- set providers.ollama.baseUrl=http://127.0.0.1:11434";
    lines.push(`Ollama found on 127.0.0.1:11434 (${models}); to use it: ${command}`);
  }
  return lines;
}

/** The console's address, which signs in whoever opens it first. */
function consoleRow({ console, url }: Running): [string, string[]][] {
  if (console === undefined) return [];
  const later = `later, or in another browser: ${url}/console/ with the admin's key of keys.json`;
  return [["Console (this link works once, for ten minutes)", [console, later]]];
}

/** The panel's lines by their names, in order. */
export function panelRows(gateway: Running): [name: string, lines: string[]][] {
  const { url, keys, upstream } = gateway;
  const settled = path.relative(root, gateway.state);
  const state = settled.startsWith("..") ? gateway.state : settled;
  const loop = `for i in $(seq 61); do ${chat(url, keys.bob, "hello")} -o /dev/null -w '%{http_code} '; done; echo`;
  return [
    ["Gateway", [url]],
    ...consoleRow(gateway),
    ["Health", [`${url}/health`]],
    ["Upstream", [`${upstream} (development mock; requests it saw: ${upstream}/__aimock/journal)`]],
    ["Providers", providerLines(gateway)],
    ["State", [`${state} (delete it to begin anew)`]],
    ["Ask", [chat(url, keys.alice, "hello")]],
    ["OpenAI SDK", [`export OPENAI_BASE_URL=${url}/v1 OPENAI_API_KEY=${keys.alice}`]],
    ["Anthropic SDK", [`export ANTHROPIC_BASE_URL=${url} ANTHROPIC_API_KEY=${keys.alice}`]],
    ["See a redaction", [chat(url, keys.alice, "say my card is 4111 1111 1111 1111")]],
    ["Run into a limit", [loop]],
    ["Change policy", [policyLine(gateway)]],
  ];
}

/** The panel as text. */
export function panel(gateway: Running): string {
  const text = panelRows(gateway).flatMap(([name, lines]) => [
    `  ${name}`,
    ...lines.map((line) => `    ${line}`),
  ]);
  return ["", "Tallygate is ready. Ctrl-C stops it.", "", ...text, ""].join("\n");
}

/** The command that changes policy live: the limit of the line before it, doubled. */
function policyLine(gateway: Pick<Running, "url" | "keys" | "state">): string {
  const command = "npm run --silent policy -- set limits.requests-per-minute=120";
  // The command line finds the local gateway that started last, when its state is in its place.
  const isFound = path.dirname(gateway.state) === path.join(root, ".tallygate");
  const { url, keys } = gateway;
  return isFound ? command : `TALLYGATE_URL=${url} TALLYGATE_KEY=${keys.admin} ${command}`;
}
