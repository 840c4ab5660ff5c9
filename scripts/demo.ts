/** `npm run demo`: does what the panel of `npm start` proposes, against a fresh gateway of the Worker that is deployed, and checks it. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "./from-wrangler.ts";
import { launch } from "./gateway.ts";
import type { Running } from "./gateway.ts";
import { model, panelRows } from "./panel.ts";

interface Output {
  text: string;
  failed: boolean;
}

/** Throws with what was seen when `truth` does not hold. */
function claim(truth: boolean, expected: string, { text }: Output): void {
  if (!truth) throw new Error(`expected ${expected}, got: ${text.slice(0, 500)}`);
}

/** The line of the panel under `name`, as it is printed. */
function printed(gateway: Running, name: string): string {
  const [, [line] = []] = panelRows(gateway).find(([row]) => row === name) ?? [];
  if (line === undefined) throw new Error(`the panel has no line under "${name}"`);
  return line;
}

/** Runs lines as somebody who copies them into a shell does. */
async function typed(line: string): Promise<Output> {
  return new Promise((resolve) => {
    execFile("/bin/sh", ["-c", line], { cwd: root }, (error, stdout, stderr) =>
      resolve({ text: stdout + stderr, failed: error !== null }),
    );
  });
}

/** What the panel's line under `name` prints, with something typed behind it. */
const run = (gateway: Running, name: string, behind = ""): Promise<Output> =>
  typed(`${printed(gateway, name)}${behind}`);

async function health(gateway: Running): Promise<void> {
  const answer = await typed(`curl -s ${printed(gateway, "Health")}`);
  claim(answer.text.includes('"ok":true'), '{"ok":true}', answer);
}

async function ask(gateway: Running): Promise<void> {
  const answer = await run(gateway, "Ask", " -i");
  claim(answer.text.includes('"choices"'), "an answer with choices", answer);
  claim(/^x-request-id: /im.test(answer.text), "an x-request-id header", answer);
}

async function sdks(gateway: Running): Promise<void> {
  const openAi = await run(
    gateway,
    "OpenAI SDK",
    '; curl -s $OPENAI_BASE_URL/models -H "authorization: Bearer $OPENAI_API_KEY"',
  );
  claim(openAi.text.includes(model), `a list with ${model}`, openAi);
  const body =
    '{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{"role":"user","content":"hello"}]}';
  const anthropic = await run(
    gateway,
    "Anthropic SDK",
    `; curl -s $ANTHROPIC_BASE_URL/v1/messages -H "x-api-key: $ANTHROPIC_API_KEY" -d '${body}'`,
  );
  claim(anthropic.text.includes('"stop_reason"'), "a message that stopped", anthropic);
}

async function wrongKey(gateway: Running): Promise<void> {
  const line = printed(gateway, "Ask").replaceAll(gateway.keys.alice, "tg_dev_nobody_0000");
  const answer = await typed(line);
  claim(answer.text.includes('"unauthenticated"'), "a refusal", answer);
}

async function redact(gateway: Running): Promise<void> {
  const card = "4111 1111 1111 1111";
  const asked = await run(gateway, "See a redaction");
  claim(asked.text.includes("[REDACTED:payment-card]"), "a placeholder", asked);
  claim(!asked.text.includes(card), "no card", asked);
  const line = printed(gateway, "See a redaction").replace(
    `say my card is ${card}`,
    "repeat a card",
  );
  const answered = await typed(line);
  claim(answered.text.includes("[REDACTED:payment-card]"), "a placeholder", answered);
  claim(!answered.text.includes(card), "no card", answered);
}

async function limit(gateway: Running): Promise<void> {
  const answer = await run(gateway, "Run into a limit");
  claim(
    answer.text.trim() === `${"200 ".repeat(60)}429`,
    "200 for 60 and 429 for the next",
    answer,
  );
}

async function changePolicy(gateway: Running): Promise<void> {
  const changed = await run(gateway, "Change policy", " --wait");
  claim(!changed.failed, "a policy that is in force", changed);
  const line = printed(gateway, "Ask").replaceAll(gateway.keys.alice, gateway.keys.bob);
  const answer = await typed(line);
  claim(answer.text.includes('"choices"'), "an answer to whom the old limit refused", answer);
}

const steps: [claim: string, step: (gateway: Running) => Promise<void>][] = [
  ["the gateway is healthy", health],
  ["alice's chat is answered", ask],
  ["the SDKs' environment lines lead to the gateway", sdks],
  ["a wrong key is refused", wrongKey],
  ["a card number is redacted, both ways", redact],
  ["bob's 61st request of a minute is refused", limit],
  ["a changed limit is in force once it is said to be", changePolicy],
];

async function main(): Promise<void> {
  const state = mkdtempSync(path.join(tmpdir(), "tallygate-demo-"));
  let failed = 0;
  try {
    const gateway = await launch({ port: 0, state, devVars: false, asDeployed: true });
    for (const [name, step] of steps) {
      try {
        await step(gateway);
        console.log(`ok   ${name}`);
      } catch (error) {
        failed += 1;
        console.log(`FAIL ${name}\n     ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    await gateway.stop();
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
  console.log(`demo: ${steps.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.log(
    `FAIL the gateway starts\n     ${error instanceof Error ? error.message : String(error)}`,
  );
  console.log(`demo: 0 passed, ${steps.length} failed`);
  process.exit(1);
});
