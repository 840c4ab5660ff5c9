/** The command line over a real gateway: what it prints, and what scripts can rely on. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { auditEntry, chat } from "../../support/client.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { tallygate, type Outcome } from "../../support/tallygate.ts";

let gateway: TestGateway;
let id: string;
beforeAll(async () => {
  gateway = await startGateway();
  const answer = await chat(gateway, gateway.keys.alice, "hello");
  id = answer.headers.get("x-request-id") ?? "";
  await auditEntry(gateway, id);
});
afterAll(() => gateway.stop());

const as = (who: keyof TestGateway["keys"], ...args: string[]): Promise<Outcome> =>
  tallygate(args, { TALLYGATE_URL: gateway.url, TALLYGATE_KEY: gateway.keys[who] });

it("lists its commands, and each says what it takes", async () => {
  const { out, code } = await tallygate(["--help"]);
  expect(code).toBe(0);
  const names = [...out.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name = ""]) => name);
  expect(names).toEqual(
    expect.arrayContaining(["start", "policy", "keys", "budgets", "tail", "verify", "replay"]),
  );
  for (const name of names) {
    const help = await tallygate([name, "--help"]);
    const named = new RegExp(`(tallygate ${name}|npm start)`);
    expect([name, help.code, help.out, help.err]).toEqual([
      name,
      0,
      expect.stringMatching(named),
      "",
    ]);
  }
}, 240_000);

it("tells wrong use, a refusal and silence apart, in one line each, and never shows the key", async () => {
  const nobody = { TALLYGATE_URL: "http://127.0.0.1:9", TALLYGATE_KEY: gateway.keys.admin };
  const outcomes: [number, Promise<Outcome>][] = [
    [2, as("admin", "frobnicate")],
    [2, as("admin", "budgets", "--nonsense")],
    [2, as("admin", "budgets", "word")],
    [2, as("admin", "export", "--format", "xml")],
    [2, as("admin", "tail", "--count", "none")],
    [2, as("admin", "what-if", "no-such-file.json")],
    [2, as("admin", "what-if", "no-such-file.json", "--sample", "11")],
    [2, as("admin", "replay")],
    [2, as("admin", "verify", gateway.url, "--key", gateway.keys.admin)],
    [2, tallygate(["budgets", "--url", "gateway.example", "--key", gateway.keys.admin])],
    [1, as("bob", "replay", id)],
    [1, as("alice", "export", "--user", "bob")],
    [1, as("alice", "tail", "--user", "bob")],
    [1, tallygate(["budgets", "--url", gateway.url, "--key", "tg_dev_nobody_00"])],
    [3, tallygate(["budgets"], nobody)],
    [3, tallygate(["tail"], nobody)],
    [3, tallygate(["keys"], nobody)],
  ];
  for (const [expected, outcome] of outcomes) {
    const { code, out, err } = await outcome;
    expect([code, out, err.split("\n").length - 1, err]).toEqual([
      expected,
      "",
      1,
      expect.stringMatching(/^tallygate: [A-Z"-]/),
    ]);
    expect(err).not.toContain(gateway.keys.admin.slice(-20));
  }
}, 240_000);

it("shows where budgets stand, a member's own to the member", async () => {
  const { out } = await as("alice", "budgets");
  expect(out).toMatch(
    /^month {2}alice {2}\$0\.\d+ spent {2}\$0 held {2}of \$5 a month {2}until 20/,
  );
  const { budgets } = JSON.parse((await as("alice", "budgets", "--json")).out) as {
    budgets: unknown[];
  };
  expect(budgets).toMatchObject([{ budget: "month", limitUsd: "5" }]);
  // Nobody shares one here, and the auditor has spent nothing.
  expect((await as("auditor", "budgets")).out).toContain("--members alice");
  expect((await as("auditor", "budgets", "--members", "alice")).out).toBe(out);
});

it("exports to a pipe or to a file that is its owner's", async () => {
  const { out } = await as("auditor", "export", "--user", "alice", "--kind", "request");
  expect(JSON.parse(out)).toMatchObject({ id, user: "alice", outcome: "completed" });
  const file = path.join(gateway.state, "audit.csv");
  expect(await as("auditor", "export", "--format", "csv", "--out", file)).toMatchObject({
    code: 0,
    out: "",
  });
  expect(readFileSync(file, "utf8")).toMatch(/^id,time,kind,user,/);
});

it("makes a decision again, and shows a member as they were", async () => {
  const again = await as("auditor", "replay", id);
  expect([again.code, again.out]).toEqual([
    0,
    expect.stringContaining("The same decision: RequestAdmitted."),
  ]);
  const past = await as("auditor", "replay", "--user", "alice", "--seq", "1", "--json");
  expect(JSON.parse(past.out)).toMatchObject({ seq: 1, openRequests: [{ requestId: id }] });
});

it("tries a draft on what was recorded", async () => {
  const { out } = await as("admin", "policy", "pull");
  const file = path.join(gateway.state, "draft.jsonc");
  writeFileSync(file, out.replace('"limitUsd": 5', '"limitUsd": 0.001 /* a tenth of a cent */'));
  const tried = await as("admin", "what-if", file);
  expect([tried.err, tried.out]).toEqual([
    "",
    expect.stringMatching(/1 requests +1 newly refused/),
  ]);
  const result = JSON.parse((await as("admin", "what-if", file, "--json")).out) as object;
  expect(result).toMatchObject({ newlyRefused: 1, byUser: { alice: { newlyRefused: 1 } } });
  const some = await as("admin", "what-if", file, "--sample", "0.0001");
  expect(some.out).toMatch(/A sample: 0 of [1-9]\d* members\. Nothing is scaled up\./);
});

it("tails requests as they happen, and ends after as many as were asked for", async () => {
  const watching = as("auditor", "tail", "--user", "bob", "--count", "1", "--json");
  let over = false;
  void watching.then(() => (over = true));
  // The tail shows what happens from its opening on, so something happens until it is over.
  await expect
    .poll(
      async () => {
        if (!over) await chat(gateway, gateway.keys.bob, "hello");
        return over;
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe(true);
  const { code, out, err } = await watching;
  expect([code, err]).toEqual([0, "Watching.\n"]);
  expect(JSON.parse(out)).toMatchObject({ user: "bob", modelAsked: "gpt-4o-mini" });
}, 240_000);

it("puts nobody back on this machine, says so by name, and has both the order and its end on record", async () => {
  const minuteAgo = new Date(Date.now() - 60_000).toISOString();
  const restore = (actor: string, confirm: string, to = minuteAgo) =>
    as("admin", "restore", actor, "--to", to, "--confirm", confirm, "--reason", "a test");
  expect(await restore("member:alice", "member:bob")).toMatchObject({
    code: 2,
    err: expect.stringContaining("restore member:alice --to"),
  });
  expect(await restore("member:alice", "member:alice", "2019-01-01T00:00:00Z")).toMatchObject({
    code: 1,
    err: expect.stringContaining("by 30 days at most"),
  });
  const asAuditor = ["restore", "policy", "--to", minuteAgo, "--confirm", "policy"];
  expect((await as("auditor", ...asAuditor)).err).toContain("This is for admin roles");
  for (const actor of ["member:alice", "policy", "ledger:0"]) {
    expect([actor, await restore(actor, actor)]).toEqual([
      actor,
      {
        code: 1,
        out: "",
        err: expect.stringContaining("Storage on this machine cannot go back in time"),
      },
    ]);
  }
  // They go on as if nothing had been asked.
  expect((await chat(gateway, gateway.keys.alice, "still here")).status).toBe(200);
  await expect
    .poll(async () => {
      const { out } = await as("auditor", "export", "--kind", "act");
      const acts = out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      return acts
        .filter(({ action }) => String(action).startsWith("restore."))
        .map(({ action, resource, user, code }) => [action, resource, user, code]);
    })
    .toEqual(
      expect.arrayContaining([
        ["restore.ordered", "policy", "admin", undefined],
        ["restore.refused", "policy", "", "restore_unavailable"],
        ["restore.ordered", "member:alice", "admin", undefined],
        ["restore.refused", "member:alice", "", "restore_unavailable"],
      ]),
    );
});

it("issues and revokes keys under the same names as the policy's own command", async () => {
  const issued = await as("admin", "keys", "issue", "bob", "--label", "ci", "--json");
  const { keyId } = JSON.parse(issued.out) as { keyId: string };
  const listed = (await as("admin", "keys")).out;
  expect(listed).toContain(`${keyId}  bob  ci\n`);
  expect((await as("admin", "policy", "keys", "list")).out).toBe(listed);
  expect((await as("admin", "keys", "revoke", keyId)).out).toBe(`${keyId} is revoked.\n`);
});
