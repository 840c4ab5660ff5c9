/** An auditor trusts nobody: archive, evidence, decisions and the past, over real HTTP. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, it } from "vitest";
import { paths } from "#events/manifest.ts";
import { ask, auditEntry, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { writeParquet } from "../../scripts/cli/parquet.ts";
import { PageVerifier } from "../support/page-verifier.ts";
import {
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

const root = path.resolve(import.meta.dirname, "../..");
let upstream: ScriptedUpstream;
let gateway: TestGateway;
let folder: string;
let publicKey: string;
let ids: string[] = [];

const get = (at: string, key = gateway.keys.auditor, method = "GET") =>
  ask(`${gateway.url}${at}`, { key, method });

/** Runs `tallygate` with these arguments. */
function tallygate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const node = path.join(root, "node_modules/.bin/node");
    execFile(node, [path.join(root, "scripts/cli/main.ts"), ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({ policy: scriptedPolicy(upstream.url) });
  folder = mkdtempSync(path.join(tmpdir(), "tallygate-archive-"));
  const answers = [];
  for (let n = 0; n < 4; n += 1) answers.push(await chat(gateway, gateway.keys.alice, `n ${n}`));
  answers.push(await chat(gateway, gateway.keys.bob, "one more"));
  ids = answers.map(({ headers }) => headers.get("x-request-id") ?? "");
  for (const id of ids) await auditEntry(gateway, id);
  const { json } = await ask(`${gateway.url}/.well-known/tallygate/keys`);
  publicKey = (json["keys"] as { publicKey: string }[])[0]?.publicKey ?? "";
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gateway.stop();
  await upstream.stop();
});

it("an admin has the views folded anew and compared; auditors see how that went, nobody else asks", async () => {
  const rebuilt = await get("/audit/rebuild", gateway.keys.admin, "POST");
  expect(rebuilt.status).toBe(200);
  const shards = rebuilt.json["shards"] as { shard: string; events: number }[];
  expect(shards.reduce((sum, { events }) => sum + events, 0)).toBeGreaterThan(10);
  expect(shards).toEqual(shards.map((shard) => ({ ...shard, differences: 0 })));
  const { json } = await get("/audit/faults");
  expect(json["faults"]).toEqual([]);
  expect(json["audits"]).toMatchObject(
    shards.map(({ shard }) => ({ shard, last: { differences: 0 } })),
  );
  for (const key of [gateway.keys.auditor, gateway.keys.alice]) {
    expect((await get("/audit/rebuild", key, "POST")).status).toBe(403);
  }
});

it("a running gateway's archive verifies against its public key alone, and against no other", async () => {
  const url = gateway.url;
  const fine = await tallygate(
    "verify",
    url,
    "--key",
    publicKey,
    "--api-key",
    gateway.keys.auditor,
  );
  expect(fine.stdout + fine.stderr).toContain("OK: ");
  expect(fine.code).toBe(0);
  const other = Buffer.alloc(32, 9).toString("base64");
  const wrong = await tallygate("verify", url, "--key", other, "--api-key", gateway.keys.auditor);
  expect(wrong.stdout).toContain("signature: no known key has signed it");
  expect(wrong.code).toBe(1);
  const member = await tallygate(
    "verify",
    url,
    "--key",
    publicKey,
    "--api-key",
    gateway.keys.alice,
  );
  expect([member.code, member.stderr]).toEqual([3, expect.stringContaining("403")]);
});

it("what was downloaded verifies offline, until a bit of it is flipped", async () => {
  const { json } = await get("/audit/archive", gateway.keys.auditor, "POST");
  const shards = json["shards"] as { shard: string; segments: number }[];
  for (const { shard, segments } of shards) {
    for (let n = 0; n < segments; n += 1) {
      for (const file of [paths.segment(n), paths.manifest(n), paths.checkpoint(n)]) {
        const headers = { authorization: `Bearer ${gateway.keys.auditor}` };
        const answer = await fetch(`${gateway.url}/audit/archive/${shard}/${file}`, { headers });
        const to = path.join(folder, shard, file);
        mkdirSync(path.dirname(to), { recursive: true });
        writeFileSync(to, Buffer.from(await answer.arrayBuffer()));
      }
    }
  }
  const fine = await tallygate("verify", folder, "--key", publicKey);
  expect([fine.stdout, fine.code]).toEqual([expect.stringContaining("decisions made again"), 0]);
  // So says who has only the format's page, and none of the gateway's code.
  const byThePage = (shard: string): string[] => {
    const at = path.join(folder, shard);
    const files = readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    const bytes = files.map((one) => [path.relative(at, one), readFileSync(one)] as const);
    return new PageVerifier(new Map(bytes)).verify(shard, [publicKey]);
  };
  const full = shards.filter(({ segments }) => segments > 0);
  expect(full.map(({ shard }) => byThePage(shard))).toEqual(full.map(() => []));
  const [first] = full;
  const file = path.join(folder, first?.shard ?? "", paths.manifest(0));
  const bytes = readFileSync(file);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const flipped = await tallygate("verify", folder, "--key", publicKey);
  expect([flipped.stdout, flipped.code]).toEqual([expect.stringContaining(paths.manifest(0)), 1]);
  expect(byThePage(first?.shard ?? "").length).toBeGreaterThan(0);
});

it("one request is proven by a bundle that needs nothing else", async () => {
  const answer = await get(`/audit/events/${ids[0]}/evidence`);
  expect(answer.json["events"]).toHaveLength(2);
  const file = path.join(folder, "evidence.json");
  writeFileSync(file, answer.text);
  const fine = await tallygate("verify", file, "--key", publicKey);
  expect([fine.stdout, fine.code]).toEqual(["OK: every event in the bundle is proven.\n", 0]);
  writeFileSync(file, answer.text.replace('\\"stream\\":false', '\\"stream\\":true'));
  expect((await tallygate("verify", file, "--key", publicKey)).code).toBe(1);
  expect((await get(`/audit/events/${ids[0]}/evidence`, gateway.keys.bob)).status).toBe(404);
});

it("a person is given every event of theirs, proven and none left out; others are not", async () => {
  const file = path.join(folder, "alice.ndjson");
  const target = ["--url", gateway.url, "--key"];
  const mine = await tallygate(
    "export",
    "--member",
    "alice",
    "--out",
    file,
    ...target,
    gateway.keys.alice,
  );
  expect([mine.code, mine.stderr]).toEqual([0, ""]);
  const fine = await tallygate("verify", file, "--key", publicKey);
  expect(fine.stdout).toMatch(/^OK: \d+ events of alice are proven, and none is left out\.$/m);
  const { text, status } = await get("/audit/members/alice/evidence");
  expect([status, text.split("\n")[0]]).toEqual([200, expect.stringContaining('"member":"alice"')]);
  const bundle = JSON.parse(text.split("\n")[1] ?? "") as { events: unknown[] };
  bundle.events.splice(1, 1);
  const lines = text.split("\n").map((line, n) => (n === 1 ? JSON.stringify(bundle) : line));
  writeFileSync(file, lines.join("\n"));
  const cut = await tallygate("verify", file, "--key", publicKey);
  expect([cut.code, cut.stdout]).toEqual([1, expect.stringContaining("events are missing")]);
  expect((await get("/audit/members/alice/evidence", gateway.keys.bob)).status).toBe(403);
  expect((await get("/audit/members/nobody/evidence")).status).toBe(404);
  expect((await get("/audit/members/alice/evidence?cursor=x")).status).toBe(400);
});

it("a decision is explained by the state before it, and decided again to the same answer", async () => {
  const { json } = await get(`/audit/events/${ids[3]}/explain`, gateway.keys.alice);
  expect(json).toMatchObject({ same: true, decided: { type: "RequestAdmitted" } });
  expect((await get(`/audit/events/${ids[4]}/explain`, gateway.keys.alice)).status).toBe(404);
});

it("the books as they were are the fold of what had happened", async () => {
  const whole = await get(`/audit/state?at=${Date.now()}`);
  const costs = await get("/costs");
  const sum = (whole.json["costs"] as { costNanos: number }[]).reduce(
    (n, row) => n + row.costNanos,
    0,
  );
  expect(sum).toBe((costs.json["total"] as { costNanos: number }).costNanos);
  expect((await get("/audit/state?at=1000")).json).toMatchObject({ events: 0, costs: [] });
  const first = await get(`/audit/state?user=alice&seq=1`);
  expect(first.json).toMatchObject({ seq: 1, openRequests: [{ requestId: ids[0] }] });
  expect((await get("/audit/state?at=1000", gateway.keys.alice)).status).toBe(403);
});

it("the policy's actor is shown as it was at its own events; who asks unclearly is told so", async () => {
  const { json } = await get("/audit/state?policy=true&seq=1");
  expect(json).toMatchObject({ kind: "policy", seq: 1, members: [], keys: [], published: null });
  const target = ["--url", gateway.url, "--key", gateway.keys.auditor];
  const now = await tallygate("replay", "--policy", ...target);
  const { members, published } = JSON.parse(now.stdout) as {
    members: { id: string }[];
    published: { version: number };
  };
  expect(members.map(({ id }) => id)).toContain("alice");
  expect(published.version).toBeGreaterThan(0);
  expect(now.stdout).not.toContain("secretHash");
  const status = async (query: string) => (await get(`/audit/state?${query}`)).status;
  expect(await status("policy=true&user=alice")).toBe(400);
  expect(await status("limit=x&seq=1")).toBe(400);
  expect(await status("budget=nobody&seq=1")).toBe(404);
});

it("an export streams what the reader may see, as lines or as a table, and is recorded", async () => {
  const lines = await get("/audit/export?user=alice");
  const entries = lines.text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; kind: string });
  expect(entries.filter(({ kind }) => kind === "request").map(({ id }) => id)).toEqual(
    ids.slice(0, 4).toReversed(),
  );
  const table = await get("/audit/export?format=csv", gateway.keys.bob);
  const rows = table.text.trim().split("\r\n");
  expect(rows[0]).toContain("id,time,kind,user");
  expect(rows.slice(1).every((row) => row.includes(",bob,"))).toBe(true);
  expect((await get("/audit/export?user=alice", gateway.keys.bob)).status).toBe(403);
  expect((await get("/audit/export?format=xml")).status).toBe(400);
  await expect
    .poll(async () => (await get("/audit/events?action=audit.export")).json["events"], {
      timeout: 60_000,
    })
    .not.toEqual([]);
});

it("an export as Parquet holds the same entries, typed", async () => {
  const file = path.join(folder, "audit.parquet");
  const args = ["--out", file, "--url", gateway.url, "--key", gateway.keys.auditor];
  const done = await tallygate("export", "--format", "parquet", "--user", "alice", ...args);
  expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("entries in ")]);
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
  const requests = rows.filter(({ kind }) => kind === "request");
  expect(requests.map(({ id }) => id)).toEqual(ids.slice(0, 4).toReversed());
  const { json: event } = await get(`/audit/events/${ids[0]}`);
  expect(requests.at(-1)).toMatchObject({
    user: "alice",
    time: new Date(Number(event["at"])),
    at: BigInt(Number(event["at"])),
    costNanos: BigInt(Number(event["costNanos"])),
    findings: JSON.stringify(event["findings"]),
    team: null,
  });
  const nowhere = await tallygate("export", "--format", "parquet", ...args.slice(2));
  expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining("--out")]);
});

async function* inOrder(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

it.each(["ndjson", "csv", "parquet"])(
  "an export as %s with its proof verifies offline, and one byte that differs is named",
  async (format) => {
    const file = path.join(folder, `proven.${format}`);
    const args = ["--out", file, "--url", gateway.url, "--key", gateway.keys.auditor];
    const done = await tallygate(
      "export",
      "--proofs",
      "--format",
      format,
      "--user",
      "alice",
      ...args,
    );
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("their proof in ")]);
    const fine = await tallygate("verify", file, "--key", publicKey);
    expect([fine.stdout, fine.code]).toEqual([
      expect.stringMatching(/^OK: \d+ entries are what the log says, .* all for {.*"user":"alice"/),
      0,
    ]);
    const other = Buffer.alloc(32, 9).toString("base64");
    const forged = await tallygate("verify", file, "--key", other);
    expect([forged.code, forged.stdout]).toEqual([1, expect.stringContaining("no known key")]);
    const bytes = readFileSync(file);
    if (format === "parquet") {
      // Its bytes are not all values: one value is another here.
      const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
      const lines = rows.map(({ id, user }) => JSON.stringify({ id, user }));
      await writeParquet(inOrder(lines), file);
    } else {
      const at = bytes.indexOf(ids[3] ?? "");
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    }
    const flipped = await tallygate("verify", file, "--key", publicKey);
    expect([flipped.code, flipped.stdout]).toEqual([
      1,
      expect.stringMatching(/entry \d+.* of the export is not what the log says/),
    ]);
  },
);

it("who has no proof beside an export is told, and members are proven their own entries alone", async () => {
  const own = await get("/audit/export?proofs=true", gateway.keys.alice);
  expect(own.text.split("\n")[0]).toBe('{"v":1,"kind":"export","format":"ndjson"}');
  expect(own.text).not.toContain('\\"member\\":\\"bob\\"');
  const alone = path.join(folder, "alone.csv.proof");
  writeFileSync(alone, own.text);
  const lost = await tallygate("verify", alone, "--key", publicKey);
  expect([lost.code, lost.stderr]).toEqual([2, expect.stringContaining("stand beside its proof")]);
  const nowhere = await tallygate("export", "--proofs", "--url", gateway.url, "--key", "x");
  expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining("--out")]);
  expect((await get("/audit/export?proofs=1")).status).toBe(400);
});

it("artefacts of others, and other objects, are not to be had", async () => {
  for (const at of [
    "l_0_0/segments/0000000000.ndjson.gz",
    "..%2f/segments/0000000000.ndjson.gz",
    "x/y/z",
  ]) {
    expect((await get(`/audit/archive/${at}`)).status, at).toBe(404);
  }
  expect((await ask(`${gateway.url}/audit/archive`)).status).toBe(401);
  expect((await get("/audit/archive", gateway.keys.alice)).status).toBe(403);
});

it("a draft policy is tried on what was recorded: the same policy changes nothing, a narrow one does", async () => {
  const policy = scriptedPolicy(upstream.url) as Record<string, unknown>;
  const tryOut = async (document: unknown, key = gateway.keys.admin) => {
    const body = JSON.stringify({ document });
    const answer = await ask(`${gateway.url}/policy/what-if`, { method: "POST", key, body });
    const last = answer.text.trim().split("\n").at(-1) ?? "{}";
    return { status: answer.status, result: (JSON.parse(last) as { result?: object }).result };
  };
  expect(await tryOut(policy)).toMatchObject({ status: 200, result: { newlyRefused: 0 } });
  const narrow = { name: "narrow", metric: "requests", limit: 2, windowMs: 3_600_000 };
  const { result } = await tryOut({ ...policy, limits: [narrow] });
  expect(result).toMatchObject({ newlyRefused: 2, byUser: { alice: { newlyRefused: 2 } } });
  expect((await tryOut({ ...policy, limits: [{ name: "x" }] })).status).toBe(400);
  expect((await tryOut(policy, gateway.keys.auditor)).status).toBe(403);
});
