import { describe, expect, test } from "vitest";
import { decrypt, aboutPayload, makeSubjectKey, openSubjectKey } from "#actors/kit/payload-key.ts";
import type { Env } from "#actors/kit/env.ts";
import type { SettleCommand } from "#actors/user/commands.ts";
import { compileDlp } from "#dlp/program.ts";
import type { Admission } from "#edge/pipeline/admit.ts";
import { openPayload, type KeepPayload } from "#edge/payloads/keep-payload.ts";
import type { PayloadMode } from "#policy/payloads.ts";
import { settlementOf } from "../../actors/user/fixtures.ts";

const secret = "the deployment's secret";
const stream = "u_1";
const random = Uint8Array.from({ length: 60 }, (_, index) => index);
const payloadKey = makeSubjectKey(secret, stream, random);
const word = "bluebird";

interface Told {
  stored: Map<string, Uint8Array>;
  lost: string[];
}

/** An environment whose store does as it is told. */
function world(put: "works" | "fails" | "absent"): { env: Env; told: Told } {
  const told: Told = { stored: new Map(), lost: [] };
  const losePayload = (command: { reason: string }) => {
    told.lost.push(command.reason);
    return Promise.resolve();
  };
  const store = (name: string, bytes: Uint8Array) => {
    if (put === "fails") return Promise.reject(new Error("no room"));
    told.stored.set(name, bytes);
    return Promise.resolve(null);
  };
  const env = {
    TALLYGATE_SECRET: secret,
    USERS: { getByName: () => ({ losePayload }) },
    ...(put === "absent" ? {} : { PAYLOADS: { put: store } }),
  } as unknown as Env;
  return { env, told };
}

function keep(mode: PayloadMode, charsMax = 4_096): KeepPayload {
  const rules = [
    { id: "w", dictionary: [word], directions: ["answer"], action: "warn", mode: "monitor" },
  ] as const;
  const admission = {
    home: { organisation: "acme", stream, ledger: "l" },
    payloadKey,
    plan: {
      payloadMode: mode,
      sent: `{"q":"${word}"}`,
      body: { q: word },
      textsOf: (body: { q: string }) => [
        { channel: "user", text: body.q, replace: (text: string) => (body.q = text) },
      ],
      policy: { dlp: compileDlp(rules) },
      request: { requestId: "r1" },
      resolved: { payloads: { retentionDays: 1, charsMax } },
    },
  };
  const payload = openPayload(admission as unknown as Admission);
  if (payload === undefined) throw new Error("nothing is kept");
  return payload;
}

const at = Date.parse("2026-11-21T12:00:00Z");

async function store(payload: KeepPayload, put: Parameters<typeof world>[0] = "works") {
  const { env, told } = world(put);
  const settlement: SettleCommand["settlement"] = settlementOf("r1", 1);
  await payload.seal(env, settlement, at)?.();
  return { settlement, ...told };
}

function read(bytes: Uint8Array | undefined): { prompt: string; answer: object } {
  const key = openSubjectKey(secret, stream, payloadKey);
  const text = key && bytes && decrypt(key.key, bytes, aboutPayload(stream, "r1"));
  return JSON.parse(new TextDecoder().decode(text)) as { prompt: string; answer: object };
}

describe("a store that fails", () => {
  test("loses the payload, says so, and nothing else", async () => {
    const { settlement, lost } = await store(keep("full"), "fails");
    expect(settlement.payload?.sha256).toBeDefined();
    expect(lost).toEqual(["the store did not take it"]);
  });

  test("that is not there is told too, and nothing is promised", async () => {
    const { settlement, lost } = await store(keep("full"), "absent");
    expect(settlement.payload?.sha256).toBeUndefined();
    expect(lost).toEqual(["there is no store for payloads"]);
  });
});

test("the object's name says whose it is to nobody, and when it is over", async () => {
  const { stored } = await store(keep("full"));
  expect([...stored.keys()]).toEqual([`u_1/${payloadKey.id}/2026-11-22/r1`]);
});

test("a word cut in two by the stream is hidden, and one at the bound not shown in part", async () => {
  const payload = keep("redacted", 1_024);
  const filler = "x ".repeat(510);
  for (const piece of [filler, "blue", "bird", " and more"])
    payload.addText("0", "assistant", piece);
  const { stored, settlement } = await store(payload);
  const { answer, prompt } = read([...stored.values()][0]);
  expect(JSON.stringify(answer)).not.toContain("blue");
  expect(prompt).not.toContain(word);
  expect(settlement.payload?.truncated).toBe(true);
});

test("a payload opens under its own key, subject and request only", async () => {
  const [bytes = new Uint8Array()] = (await store(keep("full"))).stored.values();
  const key = openSubjectKey(secret, stream, payloadKey)?.key ?? new Uint8Array();
  expect(decrypt(key, bytes, aboutPayload(stream, "r1"))).toBeDefined();
  expect(decrypt(key, bytes, aboutPayload(stream, "r2"))).toBeUndefined();
  expect(decrypt(key, bytes, aboutPayload("u_2", "r1"))).toBeUndefined();
  expect(openSubjectKey("another secret", stream, payloadKey)).toBeUndefined();
  expect(openSubjectKey(secret, "u_2", payloadKey)).toBeUndefined();
  for (let index = 0; index < bytes.length; index += 7) {
    const changed = Uint8Array.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(decrypt(key, changed, aboutPayload(stream, "r1"))).toBeUndefined();
  }
});
