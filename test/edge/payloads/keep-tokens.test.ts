/** The map of a conversation that its provider keeps: what comes back, for whom and for how long. */
import { describe, expect, it } from "vitest";
import type { Env } from "#actors/kit/env.ts";
import { makeSubjectKey, SUBJECT_KEY_RANDOM_BYTES } from "#actors/kit/payload-key.ts";
import { openVault, type Vault } from "#dlp/vault.ts";
import { openTokens, recallTokens, tokenPlanOf } from "#edge/payloads/keep-tokens.ts";
import { tokensMax } from "#edge/payloads/limits.ts";
import type { Admission } from "#edge/pipeline/admit.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-21T09:00:00Z");
const ada = "ada@acme-widgets.io";
const secret = "s".repeat(32);
const names = ["bcdfghjklm", "nnnnnnnnnn", "pppppppppp"];

/** A bucket in memory, and everything in it as text. */
function bucketOf() {
  const objects = new Map<string, Uint8Array>();
  return {
    objects,
    put: async (name: string, bytes: Uint8Array) => void objects.set(name, bytes),
    get: async (name: string) => {
      const bytes = objects.get(name);
      return bytes === undefined
        ? null
        : { arrayBuffer: async () => Uint8Array.from(bytes).buffer };
    },
  };
}
type Bucket = ReturnType<typeof bucketOf>;

const keyOf = (stream: string, seed: number) =>
  makeSubjectKey(secret, stream, new Uint8Array(SUBJECT_KEY_RANDOM_BYTES).fill(seed));

const namedVault = (): Vault => {
  let next = 0;
  return openVault(() => names[next++] ?? "");
};

interface Turn {
  body: object;
  vault?: Vault;
  days?: number;
  stream?: string;
  seed?: number;
  at?: number;
}

/** A turn of a conversation as the pipeline makes one: recall, then keep under the answer's id. */
async function turn(bucket: Bucket, { body, at = NOW, ...more }: Turn, answer?: string) {
  const { vault = namedVault(), days = 30, stream = "u_alice", seed = 1 } = more;
  const tokens = tokenPlanOf(body as never, vault, days);
  const admission = { plan: { vault, tokens }, home: { stream }, payloadKey: keyOf(stream, seed) };
  const env = { TALLYGATE_SECRET: secret, PAYLOADS: bucket } as unknown as Env;
  await recallTokens(env, admission as unknown as Admission, at);
  const keeps = openTokens(env, admission as unknown as Admission);
  if (answer !== undefined) keeps?.keep(answer, at);
  return { vault, kept: await keeps?.done() };
}

const withAda = (): Vault => {
  const vault = namedVault();
  vault.placeholder("email", ada, true);
  vault.placeholder("us-ssn", "536-22-8145");
  return vault;
};
const nameOfAda = "[TOKEN:email:bcdfghjklm]";

describe("values of an earlier turn", () => {
  it("come back in every later one that goes on from it, and are nowhere in clear", async () => {
    const bucket = bucketOf();
    const { kept } = await turn(bucket, { body: {}, vault: withAda() }, "resp_1");
    expect(kept).toMatchObject({ values: 1, until: NOW + 30 * DAY });
    const second = await turn(bucket, { body: { previous_response_id: "resp_1" } }, "resp_2");
    expect(second.vault.restore(`to ${nameOfAda}`)).toBe(`to ${ada}`);
    const third = await turn(bucket, { body: { previous_response_id: "resp_2" } });
    expect(third.vault.restore(nameOfAda)).toBe(ada);
    for (const [name, bytes] of bucket.objects) {
      expect(`${name} ${Buffer.from(bytes).toString("latin1")}`).not.toMatch(/ada@|resp_/);
    }
  });

  it("come back in a conversation that is named itself", async () => {
    const bucket = bucketOf();
    const body = { conversation: { id: "conv_1" } };
    await turn(bucket, { body, vault: withAda() }, "resp_1");
    const { vault } = await turn(bucket, { body: { conversation: "conv_1" } });
    expect(vault.restore(nameOfAda)).toBe(ada);
  });

  it("never take the place of the request's own", async () => {
    const bucket = bucketOf();
    await turn(bucket, { body: {}, vault: withAda() }, "resp_1");
    const own = openVault(() => "bcdfghjklm");
    own.placeholder("email", "bob@acme-widgets.io", true);
    const { vault } = await turn(bucket, {
      body: { previous_response_id: "resp_1" },
      vault: own,
    });
    expect(vault.restore(nameOfAda)).toBe("bob@acme-widgets.io");
  });

  it.each<[string, Partial<Turn>]>([
    ["another member", { stream: "u_bob", seed: 2 }],
    ["whoever was erased since", { seed: 3 }],
    ["anybody once their time is over", { at: NOW + 30 * DAY }],
    ["a turn that goes on from another answer", { body: { previous_response_id: "resp_9" } }],
  ])("do not come back for %s", async (_name, other) => {
    const bucket = bucketOf();
    await turn(bucket, { body: {}, vault: withAda() }, "resp_1");
    const { vault } = await turn(bucket, {
      body: { previous_response_id: "resp_1" },
      ...other,
    });
    expect(vault.restore(nameOfAda)).toBe(nameOfAda);
  });

  it("come back on every day until then, whatever policy says by now", async () => {
    const bucket = bucketOf();
    for (const at of Array.from({ length: 40 }, (_, day) => NOW + day * DAY)) {
      const id = `resp_${at}`;
      await turn(bucket, { body: {}, vault: withAda(), at }, id);
      const last = { body: { previous_response_id: id }, at: at + 30 * DAY - 1, days: 3 };
      expect((await turn(bucket, last)).vault.restore(nameOfAda)).toBe(ada);
    }
  });

  it("that somebody changed in the store, or moved there, are not believed", async () => {
    const bucket = bucketOf();
    await turn(bucket, { body: {}, vault: withAda() }, "resp_1");
    await turn(bucket, { body: {}, vault: withAda() }, "resp_2");
    const [[first], [second, bytes]] = [...bucket.objects] as [[string], [string, Uint8Array]];
    bucket.objects.set(first, bytes);
    bucket.objects.set(second, bytes.with(30, (bytes[30] ?? 0) ^ 1));
    for (const id of ["resp_1", "resp_2"]) {
      const { vault } = await turn(bucket, { body: { previous_response_id: id } });
      expect(vault.restore(nameOfAda)).toBe(nameOfAda);
    }
  });
});

describe("nothing is kept", () => {
  it.each<[string, Turn]>([
    ["of what the provider is told not to keep", { body: { store: false }, vault: withAda() }],
    ["where policy says no days", { body: {}, vault: withAda(), days: 0 }],
    ["of a turn without values", { body: {} }],
  ])("%s", async (_name, one) => {
    const bucket = bucketOf();
    expect((await turn(bucket, one, "resp_1")).kept).toBeUndefined();
    expect(bucket.objects.size).toBe(0);
  });

  it("of the oldest values beyond the bound", async () => {
    const bucket = bucketOf();
    const letters = "bcdfghjklmnpqrstvwxz";
    const vault = openVault((_detector, original) =>
      original.padStart(10, "0").replaceAll(/\d/g, (digit) => letters.charAt(Number(digit))),
    );
    for (let n = 0; n <= tokensMax; n++) vault.placeholder("id", String(n), true);
    const { kept } = await turn(bucket, { body: {}, vault }, "resp_1");
    expect(kept?.values).toBe(tokensMax);
    const after = await turn(bucket, { body: { previous_response_id: "resp_1" } });
    expect(after.vault.restore("[TOKEN:id:bbbbbbbbbc]")).toBe("1");
    expect(after.vault.restore("[TOKEN:id:bbbbbbbbbb]")).toBe("[TOKEN:id:bbbbbbbbbb]");
  });

  it("and nobody waits for it, where the store fails", async () => {
    const bucket = { ...bucketOf(), put: () => Promise.reject(new Error("full")) };
    expect((await turn(bucket, { body: {}, vault: withAda() }, "resp_1")).kept).toBeUndefined();
    const broken = { ...bucketOf(), get: () => Promise.reject(new Error("away")) };
    const { vault } = await turn(broken, { body: { previous_response_id: "resp_1" } });
    expect(vault.restore(nameOfAda)).toBe(nameOfAda);
  });
});
