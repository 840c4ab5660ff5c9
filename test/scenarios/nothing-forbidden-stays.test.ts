/**
 * Prompts, answers, matched secrets and keys are nowhere on disk and in no log line: every byte that
 * the gateway kept is looked through after it was stopped.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { auditEntry, chat } from "../support/client.ts";
import { startGateway } from "../support/gateway.ts";
import {
  json,
  openAiAnswer,
  startScriptedUpstream,
  scriptedPolicy,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

const state = mkdtempSync(path.join(tmpdir(), "tallygate-bytes-"));
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startScriptedUpstream((seen, response) => {
    if (seen.prompt.includes("break")) {
      json(response, 500, { error: { message: `cannot handle ${seen.prompt}` } });
      return;
    }
    json(response, 200, openAiAnswer("The zebrafinch answer, card 5500 0000 0000 0004."));
  });
});
afterAll(async () => {
  await upstream.stop();
  rmSync(state, { recursive: true, force: true });
});

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? filesUnder(file) : [file];
  });
}

it("no prompt, answer, secret or key is in any stored byte or log line", async () => {
  const both = { directions: ["prompt", "answer"] };
  const policy = scriptedPolicy(upstream.url, {
    dlp: {
      rules: [
        { id: "card", detector: "payment-card", action: "redact", ...both },
        { id: "aws", detector: "aws", action: "block", ...both },
      ],
    },
    accounting: { unpriced: "deny" },
  });
  const awsKey = ["AKIA", "QYLPMN5HXZ7WTR2B"].join("");
  const gateway = await startGateway({ state, policy });
  const key = gateway.keys.alice;
  const answers = [
    await chat(gateway, key, "a quokkasong prompt with card 4111 1111 1111 1111"),
    await chat(gateway, key, `a quokkasong prompt with ${awsKey}`),
    await chat(gateway, key, "a quokkasong prompt that must break"),
    await chat(gateway, key, "a quokkasong prompt, streamed", { stream: true }),
    await chat(gateway, key, "a quokkasong prompt", { model: "gpt-unknown" }),
  ];
  await chat(gateway, `${key.slice(0, -3)}222`, "a quokkasong prompt");
  // Once the ledger has the end of each, all copies exist.
  const ids = answers.map(({ headers }) => headers.get("x-request-id") ?? "");
  await Promise.all(ids.map((id) => auditEntry(gateway, id)));
  const said = gateway.complaints();
  await gateway.kill();
  const secret = key.split("_")[3] ?? "";
  const forbidden = ["quokkasong", "zebrafinch", "4111 1111", "5500 0000", awsKey, secret];
  const files = filesUnder(path.join(state, "storage"));
  expect(files.filter((file) => file.endsWith(".sqlite")).length).toBeGreaterThan(2);
  for (const file of files) {
    const bytes = readFileSync(file);
    for (const text of forbidden) expect(bytes.includes(text), `${text} in ${file}`).toBe(false);
    // Actor names and streams tell nothing of who somebody is.
    expect(path.basename(file)).not.toMatch(/alice|bob/);
  }
  for (const text of forbidden) expect(said).not.toContain(text);
});
