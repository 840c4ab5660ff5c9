/** `npm run demo`: does what the panel of `npm start` proposes, against a fresh gateway of the Worker that is deployed, and checks it. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "./from-wrangler.ts";
import { launch } from "./gateway.ts";
import type { Running } from "./gateway.ts";
import { model, policyLine } from "./panel.ts";

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** Throws with what was seen when `truth` does not hold. */
function claim(truth: boolean, expected: string, answer: Answer): void {
  if (!truth) {
    throw new Error(`expected ${expected}, got ${answer.status}: ${answer.text.slice(0, 500)}`);
  }
}

/** One chat completion, as the panel's `curl` lines ask for it. */
async function chat(url: string, key: string, prompt: string): Promise<Answer> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: prompt }] }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function health({ url }: Running): Promise<void> {
  const answer = await fetch(`${url}/health`);
  const text = await answer.text();
  claim(answer.ok && text.includes('"ok":true'), '200 {"ok":true}', { ...head(answer), text });
}

const head = (answer: Response) => ({ status: answer.status, headers: answer.headers });

async function ask({ url, keys }: Running): Promise<void> {
  const answer = await chat(url, keys.alice, "hello");
  claim(answer.status === 200 && answer.text.includes("choices"), "200 with choices", answer);
  claim(answer.headers.has("x-request-id"), "an x-request-id header", answer);
}

async function wrongKey({ url }: Running): Promise<void> {
  const answer = await chat(url, "tg_dev_nobody_0000", "hello");
  claim(answer.status === 401, "401", answer);
}

async function redact({ url, keys }: Running): Promise<void> {
  const card = "4111 1111 1111 1111";
  const asked = await chat(url, keys.alice, `say my card is ${card}`);
  claim(asked.status === 200 && !asked.text.includes(card), "200 without the card", asked);
  const answered = await chat(url, keys.alice, "repeat a card number");
  claim(answered.status === 200 && !answered.text.includes(card), "200 without the card", answered);
}

async function limit({ url, keys }: Running): Promise<void> {
  for (let n = 1; n <= 60; n++) {
    const answer = await chat(url, keys.bob, "hello");
    claim(answer.status === 200, `200 for request ${n} of 60`, answer);
  }
  const refused = await chat(url, keys.bob, "hello");
  claim(refused.status === 429, "429 for request 61", refused);
  claim(refused.headers.has("retry-after"), "a Retry-After header", refused);
}

async function changePolicy(gateway: Running): Promise<void> {
  const [output, failed] = await new Promise<[string, boolean]>((resolve) => {
    execFile(
      "/bin/sh",
      ["-c", `${policyLine(gateway)} --wait`],
      { cwd: root },
      (error, stdout, stderr) => resolve([stdout + stderr, error !== null]),
    );
  });
  if (failed) throw new Error(`the policy command failed: ${output.trim()}`);
  const answer = await chat(gateway.url, gateway.keys.bob, "hello");
  claim(answer.status === 200, "200 for the request that the old limit refused", answer);
}

const steps: [claim: string, run: (gateway: Running) => Promise<void>][] = [
  ["the gateway is healthy", health],
  ["alice's chat is answered", ask],
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
    for (const [name, run] of steps) {
      try {
        await run(gateway);
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
